//! The channel subject: one channel, and a copy set aside.

use crate::channels::channel::Channel;
use crate::contract::{
    Declined, Outcome, Raised, Session, Stored, Unsupported, argument, malformed,
};
use crate::sessions::plain::{native, plain};
use crate::value::packing::dumps;
use crate::value::{Map, Value};

/// The channel's key.
const KEY: &str = "ch";

pub struct ChannelSession {
    channel: Channel,
    aside: Option<Channel>,
    known: Stored,
}

impl ChannelSession {
    pub fn open(spec: &Map) -> Result<ChannelSession, Declined> {
        let channel = Channel::open(KEY, spec)?;
        let known = contents(&channel);
        Ok(ChannelSession {
            channel,
            aside: None,
            known,
        })
    }

    fn act(&mut self, operation: &str, args: &Map) -> Result<Result<Value, Raised>, Declined> {
        let done = |done: Result<bool, Raised>| done.map(Value::Bool);
        Ok(match operation {
            "update" => done(self.channel.update(&values(args, "values")?)),
            "consume" => done(Ok(self.channel.consume())),
            "finish" => done(Ok(self.channel.finish())),
            "is_available" => done(Ok(self.channel.is_available())),
            "get" => self.channel.get(),
            "restore" => {
                let stored = self.channel.checkpoint().map(|value| native(&value));
                self.channel
                    .restored(stored)
                    .map(|channel| self.replace_with(channel))
            }
            "load" => {
                let value = native(argument(args, "value")?);
                if matches!(value, Value::Nil) && !self.channel.restores_null() {
                    let reason = "this channel's checkpoint is never null";
                    return Err(Unsupported(reason.to_owned()).into());
                }
                self.channel
                    .restored(Some(value))
                    .map(|channel| self.replace_with(channel))
            }
            "copy" => {
                self.aside = Some(self.channel.clone());
                Ok(Value::Nil)
            }
            "swap" => Ok(Value::Bool(self.aside.as_mut().is_some_and(|aside| {
                std::mem::swap(aside, &mut self.channel);
                true
            }))),
            "replay_writes" if self.channel.is_delta() => self
                .channel
                .replay(&values(args, "writes")?)
                .map(|()| Value::Nil),
            _ => {
                return Err(
                    Unsupported(format!("this channel has no operation {operation}")).into(),
                );
            }
        })
    }

    fn replace_with(&mut self, channel: Channel) -> Value {
        self.channel = channel;
        Value::Nil
    }
}

impl Session for ChannelSession {
    fn apply(&mut self, operation: &str, args: &Map) -> Result<Outcome, Declined> {
        let result = self.act(operation, args)?.and_then(|value| plain(&value));
        let now = contents(&self.channel);
        let before = std::mem::replace(&mut self.known, now);
        let is_new = |(name, data): &(&String, &Vec<u8>)| before.get(*name) != Some(*data);
        let stored = self
            .known
            .iter()
            .filter(is_new)
            .map(|(name, data)| (name.clone(), data.clone()));
        let dropped = before
            .keys()
            .filter(|name| !self.known.contains_key(*name))
            .cloned();
        Ok(Outcome {
            result,
            events: Vec::new(),
            stored: stored.collect(),
            dropped: dropped.collect(),
        })
    }
}

/// Return the stored entries of a channel; none while it has no checkpoint.
fn contents(channel: &Channel) -> Stored {
    let stored = channel.checkpoint().and_then(|value| dumps(&value).ok());
    stored
        .map(|(kind, data)| (format!("checkpoint/{kind}"), data))
        .into_iter()
        .collect()
}

fn values(args: &Map, name: &str) -> Result<Vec<Value>, Declined> {
    let values = argument(args, name)?.array();
    let values = values.ok_or_else(|| malformed(format!("`{name}` must be a list")))?;
    Ok(values.iter().map(native).collect())
}
