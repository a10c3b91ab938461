//! What a body needs from the engine.

use std::rc::Rc;

use crate::halt::Halt;
use crate::store::Store;
use crate::value::Value;

/// What a body needs from the engine.
pub trait Host {
    /// Return the answer to an interrupt.
    fn ask(&mut self, value: Value) -> Result<Value, Halt>;
    /// Add a value to the stream.
    fn emit(&mut self, value: Value);
    /// Let time pass in an asynchronous run.
    fn wait(&mut self, seconds: f64) -> Result<(), Halt>;
    /// Ask the run to stop after this superstep.
    fn drain(&mut self, reason: &str);
    /// Run a subgraph of the program and return its result.
    fn call(&mut self, name: &str, given: Value) -> Result<Value, Halt>;
    /// Return how often the body has started in this session.
    fn visits(&self) -> i128;
    /// Return a part of the task's execution info.
    fn info(&self, name: &str) -> Value;
    /// Return a key of the run's context.
    fn context(&self, name: &str) -> Value;
    /// Return a part of the handled failure.
    fn failure(&self, name: &str) -> Value;
    /// Return the run's store, if it has one.
    fn store(&self) -> Option<Rc<Store>>;
}

/// The host of a branch, which needs nothing from the engine.
pub struct Nobody;

impl Host for Nobody {
    fn ask(&mut self, _: Value) -> Result<Value, Halt> {
        Ok(Value::Nil)
    }
    fn emit(&mut self, _: Value) {}
    fn wait(&mut self, _: f64) -> Result<(), Halt> {
        Ok(())
    }
    fn drain(&mut self, _: &str) {}
    fn call(&mut self, _: &str, _: Value) -> Result<Value, Halt> {
        Ok(Value::Nil)
    }
    fn visits(&self) -> i128 {
        0
    }
    fn info(&self, _: &str) -> Value {
        Value::Nil
    }
    fn context(&self, _: &str) -> Value {
        Value::Nil
    }
    fn failure(&self, _: &str) -> Value {
        Value::Nil
    }
    fn store(&self) -> Option<Rc<Store>> {
        None
    }
}
