//! The serializer and the types that it stores (`langgraph.checkpoint.serde`).

pub mod arrays;
pub mod call;
pub mod dates;
pub mod decimals;
pub mod json;
pub mod json_objects;
pub mod networks;
pub mod opened;
pub mod paths;
pub mod patterns;
pub mod records;
pub mod serializer;
pub mod standard;
pub mod typed_values;
