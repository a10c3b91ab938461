//! The errors that channels raise.

pub const INVALID: &str = "langgraph.errors.InvalidUpdateError";
pub const CONCURRENT: &str = "\nFor troubleshooting, visit: \
    https://docs.langchain.com/oss/python/langgraph/errors/INVALID_CONCURRENT_GRAPH_UPDATE";
