//! A small checker for `docs/events.schema.json`: the keywords that are in there and no others. It is stricter than the
//! published schema: what the schema does not know may not be there at all.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub(crate) struct Schema(Value);

/// The names that were accounted for in an object, or why it does not fit.
type Checked = Result<BTreeSet<String>, String>;

impl Schema {
    pub(crate) fn published() -> Self {
        Self(serde_json::from_str(include_str!("../../../../../docs/events.schema.json")).unwrap())
    }

    /// The events that it has.
    pub(crate) fn events(&self) -> BTreeSet<String> {
        let names = self.0["oneOf"].as_array().unwrap().iter();
        names
            .map(|one| {
                self.named(one["$ref"].as_str().unwrap())["properties"]["event"]["const"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    /// The words that a value may be.
    pub(crate) fn words(&self) -> BTreeSet<String> {
        words(&self.0)
    }

    /// Panics where a line does not fit.
    #[track_caller]
    pub(crate) fn check(&self, line: &str) {
        let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if let Err(why) = self.fits(&value) {
            panic!("{why}\n{line}");
        }
    }

    pub(crate) fn fits(&self, value: &Value) -> Result<(), String> {
        self.closed(&self.0, value, "")
    }

    fn named(&self, reference: &str) -> &Value {
        self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("no {reference}"))
    }

    /// As [`Self::value`], and no object has what nobody accounted for.
    fn closed(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let known = self.value(schema, value, at)?;
        let unknown = value.as_object().into_iter().flat_map(Map::keys).find(|name| !known.contains(*name));
        unknown.map_or(Ok(()), |name| Err(format!("{at}/{name} is not in the schema")))
    }

    fn value(&self, schema: &Value, value: &Value, at: &str) -> Checked {
        let mut known = BTreeSet::new();
        for (keyword, is) in schema.as_object().unwrap() {
            let fits = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => true,
                "$ref" => {
                    known.extend(self.value(self.named(is.as_str().unwrap()), value, at)?);
                    true
                }
                "oneOf" => {
                    let all = is.as_array().unwrap().iter().map(|one| self.value(one, value, at));
                    let (fit, rest): (Vec<Checked>, Vec<Checked>) = all.partition(Result::is_ok);
                    if fit.len() != 1 {
                        let why: Vec<String> = rest.into_iter().filter_map(Result::err).collect();
                        return Err(format!("{at}: {} of them fit\n{}", fit.len(), why.join("\n")));
                    }
                    known.extend(fit.into_iter().flatten().flatten());
                    true
                }
                "type" => match is {
                    Value::Array(types) => types.iter().any(|of| is_of_type(value, of)),
                    one => is_of_type(value, one),
                },
                "const" => value == is,
                "enum" => is.as_array().unwrap().contains(value),
                "minimum" => value.as_u64() >= is.as_u64(),
                "maximum" => value.as_u64() <= is.as_u64(),
                "format" => {
                    assert_eq!(is, "date-time");
                    value.is_null()
                        || value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
                }
                "contentEncoding" => {
                    assert_eq!(is, "base64");
                    let text = value.as_str().unwrap();
                    text.len().is_multiple_of(4)
                        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
                }
                "required" => {
                    let missing = is
                        .as_array()
                        .unwrap()
                        .iter()
                        .find(|name| value.get(name.as_str().unwrap()).is_none());
                    match missing {
                        Some(name) => return Err(format!("{at} lacks {name}")),
                        None => true,
                    }
                }
                "properties" => {
                    for (name, schema) in is.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            self.closed(schema, value, &format!("{at}/{name}"))?;
                            known.insert(name.clone());
                        }
                    }
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.closed(is, item, &format!("{at}/{index}"))?;
                    }
                    true
                }
                other => panic!("this checker does not know {other}"),
            };
            if !fits {
                return Err(format!("{at} is {value}, and has to have {keyword} {is}"));
            }
        }
        Ok(known)
    }
}

fn words(schema: &Value) -> BTreeSet<String> {
    let within: Vec<&Value> = match schema {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    let own = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let own = own.filter_map(Value::as_str).map(ToOwned::to_owned);
    own.chain(within.into_iter().flat_map(words)).collect()
}

fn is_of_type(value: &Value, of: &Value) -> bool {
    match of.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("this checker does not know the type {other}"),
    }
}
