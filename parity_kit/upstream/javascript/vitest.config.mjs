// What vitest caches goes to a temporary folder: this one is read-only for it.
export default {
  cacheDir: process.env.TMPDIR ?? "/tmp",
  test: { globals: true, pool: "threads", include: ["validation.test.mjs"], watch: false },
};
