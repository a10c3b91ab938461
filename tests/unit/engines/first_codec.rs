fn decode(mut data: &[u8]) -> Result<Value, Unsupported> {
    let value = rmpv::decode::read_value(&mut data);
    opened(value.map_err(|error| Unsupported(error.to_string()))?)
}

fn opened(value: Value) -> Result<Value, Unsupported> {
    match value {
        Value::Ext(..) => Err(Unsupported("ext types".into())),
        Value::F32(number) => Ok(f64::from(number).into()),
        Value::Array(items) => {
            let opened: Result<_, _> = items.into_iter().map(opened).collect();
            opened.map(Value::Array)
        }
        Value::Map(entries) => {
            let mut seen = std::collections::HashSet::new();
            let mut plain = |key: &str| !key.starts_with('$') && seen.insert(key.to_owned());
            if !entries.iter().all(|(key, _)| key.as_str().is_some_and(&mut plain)) {
                return Err(Unsupported("keys that are no text, or given twice".into()));
            }
            let opened: Result<_, _> = entries
                .into_iter()
                .map(|(key, each)| Ok((key, opened(each)?)))
                .collect();
            opened.map(Value::Map)
        }
        other => Ok(other),
    }
}

fn encode(value: &Value) -> Result<Vec<u8>, Unsupported> {
    if value.is_nil() || value.is_bin() {
        return Err(Unsupported("null and bytes".into()));
    }
    let mut data = Vec::new();
    rmpv::encode::write_value(&mut data, &opened(value.clone())?).expect("memory takes it");
    Ok(data)
}
