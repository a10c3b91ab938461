//! Retry and timeout policies of nodes (`langgraph.types.RetryPolicy`).

use crate::contract::{Declined, Raised, Unsupported, malformed};
use crate::halt::{TIMEOUT, class_name};
use crate::program::language::{error, seconds};
use crate::value::{Map, Value};

/// The policies of a node, or of all nodes.
pub const POLICIES: [&str; 3] = ["retry", "timeout", "error_handler"];
const ATTEMPTS: i128 = 3;

/// The maximum number of attempts, and the errors to retry; by default those LangGraph retries.
#[derive(Clone)]
pub struct Retry {
    attempts: i128,
    errors: Option<Vec<&'static str>>,
}

/// The limits of an attempt in seconds: in total, and without progress.
#[derive(Clone, Copy)]
pub struct Timeout {
    run: Option<f64>,
    idle: Option<f64>,
}

#[derive(Clone, Default)]
pub struct Policies {
    pub retry: Vec<Retry>,
    pub timeout: Option<Timeout>,
}

impl Policies {
    /// Read a node's policies, with defaults.
    pub fn read(spec: &Map, usual: &Policies) -> Result<Policies, Declined> {
        let retry = match spec.get("retry") {
            None | Some(Value::Nil) => Vec::new(),
            Some(Value::Array(several)) => several.iter().map(retry).collect::<Result<_, _>>()?,
            Some(one) => vec![retry(one)?],
        };
        Ok(Policies {
            retry: if retry.is_empty() {
                usual.retry.clone()
            } else {
                retry
            },
            timeout: timeout(spec.get("timeout"))?.or(usual.timeout),
        })
    }

    /// Return whether a node may be retried after an attempt. The first policy that covers the error
    /// decides; all attempts count, whatever their error.
    pub fn tries_again(&self, error: &Raised, attempt: i128) -> bool {
        let policy = self.retry.iter().find(|policy| policy.covers(error));
        policy.is_some_and(|policy| attempt < policy.attempts)
    }
}

impl Retry {
    fn covers(&self, error: &Raised) -> bool {
        match &self.errors {
            Some(errors) => errors.iter().any(|class| is_a(class_name(error), class)),
            None => is_a(class_name(error), "ConnectionError") || !is_final(class_name(error)),
        }
    }
}

/// Return whether an error's class is another or a subclass of it, in Python.
fn is_a(class: &str, base: &str) -> bool {
    class == base
        || match base {
            "ValueError" => matches!(
                class,
                "ValidationError" | "InvalidNamespaceError" | "UnicodeDecodeError"
            ),
            "RuntimeError" => {
                matches!(
                    class,
                    "GraphRecursionError" | "RecursionError" | "NotImplementedError"
                )
            }
            _ => false,
        }
}

/// Return whether LangGraph's default policy does not retry an error.
fn is_final(class: &str) -> bool {
    ["ValueError", "RuntimeError"]
        .iter()
        .any(|base| is_a(class, base))
        || matches!(
            class,
            "TypeError" | "KeyError" | "IndexError" | "TimeoutError" | "UnboundLocalError"
        )
}

fn retry(spec: &Value) -> Result<Retry, Declined> {
    let spec = spec
        .map()
        .ok_or_else(|| malformed("a retry policy must be a map"))?;
    let known = [
        "max_attempts",
        "initial_interval",
        "backoff_factor",
        "max_interval",
        "on",
    ];
    known_keys(spec, &known, "a retry policy")?;
    let errors = match spec.get("on") {
        None | Some(Value::Nil) => None,
        Some(names) => {
            let names = names.array().unwrap_or_default().iter();
            let names = names.map(|name| error(name.text().unwrap_or_default()));
            Some(names.collect::<Result<_, _>>()?)
        }
    };
    let attempts = spec.get("max_attempts").and_then(Value::int);
    Ok(Retry {
        attempts: attempts.unwrap_or(ATTEMPTS),
        errors,
    })
}

fn timeout(spec: Option<&Value>) -> Result<Option<Timeout>, Declined> {
    let (run, idle) = match spec {
        None | Some(Value::Nil) => return Ok(None),
        Some(Value::Map(parts)) => {
            known_keys(parts, &["run", "idle"], "a timeout")?;
            (parts.get("run"), parts.get("idle"))
        }
        Some(run) => (Some(run), None),
    };
    let read = |part: Option<&Value>| part.filter(|part| !part.is_nil()).map(seconds).transpose();
    Ok(Some(Timeout {
        run: read(run)?,
        idle: read(idle)?,
    }))
}

/// Check that the engine knows all keys of a specification.
pub fn known_keys(spec: &Map, known: &[&str], of: &str) -> Result<(), Declined> {
    let names = spec.iter().map(|(name, _)| name.text().unwrap_or("?"));
    let mut unknown: Vec<_> = names.filter(|name| !known.contains(name)).collect();
    unknown.sort_unstable();
    match unknown.first() {
        Some(name) => Err(Unsupported(format!("{of} has the unknown key {name}")).into()),
        None => Ok(()),
    }
}

/// An attempt's time, which passes only by waiting, and its limits.
pub struct Stopwatch {
    node: String,
    limits: Timeout,
    now: f64,
    progress: f64,
}

impl Stopwatch {
    pub fn new(node: &str, limits: Option<Timeout>) -> Stopwatch {
        Stopwatch {
            node: node.to_owned(),
            limits: limits.unwrap_or(Timeout {
                run: None,
                idle: None,
            }),
            now: 0.0,
            progress: 0.0,
        }
    }

    /// Record progress of the attempt.
    pub fn progress(&mut self) {
        self.progress = self.now;
    }

    /// Let time pass, until a limit.
    pub fn wait(&mut self, seconds: f64) -> Result<(), Raised> {
        self.now += seconds;
        let run = self
            .limits
            .run
            .map(|limit| (limit, format!("run timeout of {limit:.3}s")));
        let idle = self.limits.idle.map(|limit| {
            let what = format!("idle timeout of {limit:.3}s without making progress");
            (self.progress + limit, what)
        });
        let passed = run
            .into_iter()
            .chain(idle)
            .filter(|(end, _)| *end <= self.now);
        match passed.min_by(|(one, _), (other, _)| one.total_cmp(other)) {
            Some((end, what)) => {
                let node = &self.node;
                let message = format!("Node '{node}' exceeded its {what} (elapsed: {end:.3}s).");
                Err(Raised::new(TIMEOUT, message))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{map, text};

    fn policies(spec: Value) -> Policies {
        let spec = map([("retry", spec)]);
        let spec = spec.map().cloned().unwrap_or_default();
        Policies::read(&spec, &Policies::default()).unwrap_or_default()
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let usual = policies(map([("max_attempts", Value::Int(2))]));
        let lost = Raised::new("ConnectionError", "");
        assert!(usual.tries_again(&lost, 1) && !usual.tries_again(&lost, 2));
        assert!(!usual.tries_again(&Raised::new("ValueError", ""), 1));
    }

    #[test]
    fn a_policy_may_be_for_some_errors() {
        let on = Value::Array(vec![text("RuntimeError")]);
        let some = policies(map([("on", on)]));
        assert!(some.tries_again(&Raised::new("langgraph.errors.GraphRecursionError", ""), 1));
        assert!(!some.tries_again(&Raised::new("ConnectionError", ""), 1));
    }

    #[test]
    fn progress_begins_the_idle_time_anew() {
        let limits = Timeout {
            run: None,
            idle: Some(1.0),
        };
        let mut watch = Stopwatch::new("a", Some(limits));
        assert!(watch.wait(0.75).is_ok());
        watch.progress();
        assert!(watch.wait(0.75).is_ok());
        let late = watch.wait(0.25).err().map(|error| error.message);
        assert!(late.is_some_and(|late| late.ends_with("(elapsed: 1.750s).")));
    }
}
