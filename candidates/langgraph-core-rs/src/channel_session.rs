//! The channel subject: one of the port's channels, on its own.

use langgraph_checkpoint_rs::error::ChannelError;
use langgraph_core_rs::channels::Channel;
use rmpv::Value;

use crate::fields::{channel, declined};
use crate::values::{from_json, to_json};
use crate::wire::{field, raised, returned, Session, Unsupported};

pub struct ChannelSession {
    channel: Box<dyn Channel>,
    copy: Option<Box<dyn Channel>>,
}

impl ChannelSession {
    pub fn open(spec: &Value) -> Result<ChannelSession, Unsupported> {
        let class = field(spec, "class").as_str().unwrap_or_default();
        let channel = channel("ch", class, spec)?;
        Ok(ChannelSession {
            channel,
            copy: None,
        })
    }
}

impl Session for ChannelSession {
    fn apply(&mut self, operation: &str, args: &Value) -> Result<Value, Unsupported> {
        let outcome = match operation {
            "update" => {
                let values = field(args, "values").as_array();
                let values = values.into_iter().flatten().map(to_json);
                let changed = self.channel.update(&values.collect::<Result<Vec<_>, _>>()?);
                outcome(changed.map(Value::from))
            }
            "get" => outcome(self.channel.get().map(|value| from_json(&value))),
            "consume" => returned(self.channel.consume().into()),
            "finish" => returned(self.channel.finish().into()),
            "is_available" => returned(self.channel.is_available().into()),
            "restore" => {
                let checkpoint = self.channel.checkpoint();
                self.channel = self.channel.from_checkpoint(checkpoint.as_ref());
                returned(Value::Nil)
            }
            "load" => {
                let value = to_json(field(args, "value"))?;
                self.channel = self.channel.from_checkpoint(Some(&value));
                returned(Value::Nil)
            }
            "copy" => {
                self.copy = Some(self.channel.clone_channel());
                returned(Value::Nil)
            }
            "swap" => {
                let swapped = self.copy.is_some();
                if let Some(copy) = &mut self.copy {
                    std::mem::swap(copy, &mut self.channel);
                }
                returned(swapped.into())
            }
            _ => return Err(Unsupported(format!("no operation {operation}"))),
        };
        match declined() {
            Some(reason) => Err(Unsupported(reason)),
            None => Ok(outcome),
        }
    }
}

fn outcome(result: Result<Value, ChannelError>) -> Value {
    match result {
        Ok(value) => returned(value),
        Err(ChannelError::EmptyChannel) => {
            raised("langgraph.checkpoint.base.EmptyChannelError", "")
        }
        Err(ChannelError::InvalidUpdate(message)) => {
            raised("langgraph.errors.InvalidUpdateError", &message)
        }
        #[allow(unreachable_patterns)] // the port may add more
        Err(other) => raised("langgraph_core_rs.ChannelError", &other.to_string()),
    }
}
