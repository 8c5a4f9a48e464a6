//! `request.yaml`: how a record becomes a request.
//!
//! ```yaml
//! principal: {type: User, id: approver}        # `id` names a column of the population
//! action: approve
//! resource:
//!   type: Change
//!   id: change_id
//!   attributes:
//!     author: {entity: User, column: author}   # the user of that id
//!     deployed_by: {entity: User, column: deployed_by, optional: true}
//!     urgent: {column: urgent}                 # the value itself
//! ```
//!
//! Ids and entities come from string columns; values from string, bool, integer and string list
//! columns. An optional attribute is absent where its column is null; any other null leaves the
//! record undetermined.

use crate::data::Schema;
use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::str::FromStr;
use tieout_controls::{ColumnType, Value};

/// `request.yaml` as read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    principal: EntityFile,
    action: String,
    resource: EntityFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntityFile {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(default)]
    attributes: BTreeMap<String, AttributeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeFile {
    entity: Option<String>,
    column: String,
    #[serde(default)]
    optional: bool,
}

/// How a record becomes a request.
#[derive(Debug)]
pub(super) struct RequestShape {
    pub(super) principal: EntityShape,
    pub(super) action: EntityUid,
    pub(super) resource: EntityShape,
}

/// How a record becomes an entity.
#[derive(Debug)]
pub(super) struct EntityShape {
    kind: EntityTypeName,
    /// The column of its id.
    pub(super) id: String,
    pub(super) attributes: BTreeMap<String, AttributeShape>,
}

#[derive(Debug)]
pub(super) struct AttributeShape {
    entity: Option<EntityTypeName>,
    pub(super) column: String,
    kind: ColumnType,
    pub(super) optional: bool,
}

impl RequestShape {
    /// Reads the file and checks it against the population.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn read(text: &str, input: &Schema) -> Result<Self, Vec<String>> {
        let file: RequestFile = crate::bundle::yaml(text).map_err(|e| vec![e])?;
        let mut errors = Vec::new();
        let principal = entity(&file.principal, input, &mut errors);
        let resource = entity(&file.resource, input, &mut errors);
        let action = match EntityTypeName::from_str("Action") {
            Ok(kind) => EntityUid::from_type_name_and_id(kind, EntityId::new(&file.action)),
            Err(e) => return Err(vec![e.to_string()]),
        };
        if file.principal.kind == file.resource.kind {
            errors.push("principal and resource must be of different types".to_owned());
        }
        match (principal, resource) {
            (Some(principal), Some(resource)) if errors.is_empty() => {
                Ok(Self { principal, action, resource })
            }
            _ => Err(errors),
        }
    }

    /// The columns that it reads.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        [&self.principal, &self.resource].into_iter().flat_map(|entity| {
            let attributes = entity.attributes.values().map(|a| a.column.as_str());
            attributes.chain([entity.id.as_str()])
        })
    }

    /// The Cedar schema of the requests, in its JSON form.
    pub(super) fn schema(&self) -> serde_json::Value {
        let mut types = serde_json::Map::new();
        for entity in [&self.principal, &self.resource] {
            let referred = entity.attributes.values().filter_map(|a| a.entity.as_ref());
            for kind in referred {
                types.entry(kind.to_string()).or_insert_with(|| json!({}));
            }
        }
        for entity in [&self.principal, &self.resource] {
            let attributes: serde_json::Map<_, _> =
                entity.attributes.iter().map(|(n, a)| (n.clone(), a.schema())).collect();
            let shape = json!({"shape": {"type": "Record", "attributes": attributes}});
            types.insert(entity.kind.to_string(), shape);
        }
        let applies = json!({
            "principalTypes": [self.principal.kind.to_string()],
            "resourceTypes": [self.resource.kind.to_string()],
        });
        let action: &str = self.action.id().as_ref();
        json!({"": {"entityTypes": types, "actions": {action: {"appliesTo": applies}}}})
    }
}

impl AttributeShape {
    fn schema(&self) -> serde_json::Value {
        let required = !self.optional;
        match (&self.entity, self.kind) {
            (Some(kind), _) => {
                json!({"type": "Entity", "name": kind.to_string(), "required": required})
            }
            (None, ColumnType::Bool) => json!({"type": "Boolean", "required": required}),
            (None, ColumnType::Integer) => json!({"type": "Long", "required": required}),
            (None, ColumnType::StringList) => {
                json!({"type": "Set", "element": {"type": "String"}, "required": required})
            }
            (None, _) => json!({"type": "String", "required": required}),
        }
    }
}

impl EntityShape {
    /// The entity of a record.
    ///
    /// # Errors
    /// The columns that are null and may not be, or none when the values don't make an entity.
    pub(super) fn entity(
        &self,
        cell: &impl Fn(&str) -> Value,
    ) -> Result<(EntityUid, Entity), Vec<String>> {
        let mut missing = Vec::new();
        let mut attributes = Vec::new();
        for (name, attribute) in &self.attributes {
            match cell(&attribute.column) {
                Value::Null if attribute.optional => {}
                Value::Null => missing.push(attribute.column.clone()),
                value => {
                    let value = restricted(&value, attribute.entity.as_ref());
                    attributes.push((name.clone(), value.ok_or_else(Vec::new)?));
                }
            }
        }
        let Value::String(id) = cell(&self.id) else {
            missing.push(self.id.clone());
            return Err(missing);
        };
        if !missing.is_empty() {
            return Err(missing);
        }
        let uid = EntityUid::from_type_name_and_id(self.kind.clone(), EntityId::new(id));
        let entity = Entity::new_with_tags(uid.clone(), attributes, [], []);
        entity.map(|entity| (uid, entity)).map_err(|_| Vec::new())
    }
}

fn restricted(value: &Value, entity: Option<&EntityTypeName>) -> Option<RestrictedExpression> {
    Some(match (value, entity) {
        (Value::String(id), Some(kind)) => {
            let uid = EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id));
            RestrictedExpression::new_entity_uid(uid)
        }
        (Value::String(text), None) => RestrictedExpression::new_string(text.clone()),
        (Value::Bool(b), None) => RestrictedExpression::new_bool(*b),
        (Value::Number(number), None) => {
            let whole = number.to_scaled(0).ok()?;
            RestrictedExpression::new_long(i64::try_from(whole).ok()?)
        }
        (Value::List(items), None) => {
            let items = items.iter().map(|item| restricted(item, None));
            RestrictedExpression::new_set(items.collect::<Option<Vec<_>>>()?)
        }
        _ => return None,
    })
}

fn entity(file: &EntityFile, input: &Schema, errors: &mut Vec<String>) -> Option<EntityShape> {
    let kind = entity_type(&file.kind, errors);
    column(&file.id, input, &[ColumnType::String], errors);
    let mut attributes = BTreeMap::new();
    for (name, attribute) in &file.attributes {
        let of_entity = match &attribute.entity {
            Some(kind) => entity_type(kind, errors).map(Some),
            None => Some(None),
        };
        let takes: &[ColumnType] = match attribute.entity {
            Some(_) => &[ColumnType::String],
            None => &VALUES,
        };
        let found = column(&attribute.column, input, takes, errors);
        if let (Some(entity), Some(kind)) = (of_entity, found) {
            let (column, optional) = (attribute.column.clone(), attribute.optional);
            attributes.insert(name.clone(), AttributeShape { entity, column, kind, optional });
        }
    }
    Some(EntityShape { kind: kind?, id: file.id.clone(), attributes })
}

fn entity_type(name: &str, errors: &mut Vec<String>) -> Option<EntityTypeName> {
    let kind = EntityTypeName::from_str(name).ok();
    if kind.is_none() {
        errors.push(format!("`{name}` is no entity type"));
    }
    kind
}

fn column(
    name: &str,
    input: &Schema,
    takes: &[ColumnType],
    errors: &mut Vec<String>,
) -> Option<ColumnType> {
    let Some(column) = input.columns.iter().find(|c| c.name == name) else {
        errors.push(format!("the population has no column `{name}`"));
        return None;
    };
    if !takes.contains(&column.kind) {
        errors.push(format!("the column `{name}` is {}, which can't stand here", column.kind));
        return None;
    }
    Some(column.kind)
}

/// The column types that an attribute's value can come from.
const VALUES: [ColumnType; 4] =
    [ColumnType::String, ColumnType::Bool, ColumnType::Integer, ColumnType::StringList];
