//! Random policies that the front end takes: expressions by type, bodies, helpers.

use crate::random::Random;
use std::fmt::Write as _;

/// The source of a random policy.
pub(crate) fn policy(random: &mut Random) -> String {
    let mut maker = Maker { random, helpers: Vec::new(), names: 0, list: true };
    let mut rules = String::new();
    if maker.random.below(4) == 0 {
        let body = maker.body(2, &[]);
        let _ = write!(rules, "applicable if {{\n{body}}}\n\n");
    }
    for number in 0..=maker.random.below(3) {
        let body = maker.body(3, &[]);
        let amount = maker.number(1, &[]);
        let _ = write!(
            rules,
            "violation contains {{\"code\": \"c{number}\", \"amount\": {amount}}} if {{\n{body}}}\n\n"
        );
    }
    format!("package t\n\n{rules}{}", maker.helpers.concat())
}

struct Maker<'a> {
    random: &'a mut Random,
    helpers: Vec<String>,
    names: u64,
    /// Whether a list column may be gone through here.
    list: bool,
}

/// A local and its type.
#[derive(Clone)]
struct Local(String, Type);

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Number,
    Text,
    Date,
    Rate,
    Centre,
}

impl Maker<'_> {
    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn local(&mut self, locals: &[Local], ty: Type) -> Option<String> {
        let fitting: Vec<&str> =
            locals.iter().filter(|l| l.1 == ty).map(|l| l.0.as_str()).collect();
        if fitting.is_empty() || self.random.below(2) == 0 {
            return None;
        }
        Some(self.random.pick(&fitting).to_owned())
    }

    fn body(&mut self, depth: u32, outer: &[Local]) -> String {
        let mut locals = outer.to_vec();
        let mut text = String::new();
        for _ in 0..=self.random.below(3) {
            let line = match self.random.below(9) {
                0 | 1 => {
                    let name = self.name("x");
                    let (value, ty) = match self.random.below(5) {
                        0 => (self.number(depth, &locals), Type::Number),
                        1 => (self.text(depth, &locals), Type::Text),
                        2 => (self.date(depth, &locals), Type::Date),
                        3 => (self.rate(depth, &locals), Type::Rate),
                        _ => (self.centre(depth, &locals), Type::Centre),
                    };
                    locals.push(Local(name.clone(), ty));
                    format!("{name} := {value}")
                }
                2 if depth > 0 => self.some(depth, &mut locals),
                3 if depth > 0 => self.every(depth, &locals),
                _ => self.condition(depth, &locals),
            };
            let _ = writeln!(text, "\t{line}");
        }
        text
    }

    fn some(&mut self, depth: u32, locals: &mut Vec<Local>) -> String {
        let name = self.name("s");
        let (collection, ty) = self.collection(depth, locals);
        locals.push(Local(name.clone(), ty));
        if self.random.below(3) == 0 && collection.starts_with('[') {
            let position = self.name("i");
            locals.push(Local(position.clone(), Type::Number));
            return format!("some {position}, {name} in {collection}");
        }
        format!("some {name} in {collection}")
    }

    fn every(&mut self, depth: u32, locals: &[Local]) -> String {
        let name = self.name("e");
        let (collection, ty) = self.collection(depth, locals);
        let mut inner = locals.to_vec();
        inner.push(Local(name.clone(), ty));
        let was = std::mem::replace(&mut self.list, false);
        let condition = self.condition(depth - 1, &inner);
        self.list = was;
        format!("every {name} in {collection} {{ {condition} }}")
    }

    fn collection(&mut self, depth: u32, locals: &[Local]) -> (String, Type) {
        match self.random.below(9) {
            7 => (self.list(depth - 1, locals), Type::Text),
            8 => {
                let range = self.random.pick(&["1, 3", "2, -2", "0, 5", "1, 40"]);
                (format!("numbers.range({range})"), Type::Number)
            }
            5 => (self.comprehension(depth - 1, locals, Type::Number), Type::Number),
            6 => (self.comprehension(depth - 1, locals, Type::Text), Type::Text),
            0 => ("data.centres".to_owned(), Type::Centre),
            1 => {
                let items = [self.number(depth - 1, locals), self.number(depth - 1, locals)];
                (format!("[{}]", items.join(", ")), Type::Number)
            }
            2 => ("{\"A\", \"EU\", \"\"}".to_owned(), Type::Text),
            3 => {
                let text = self.text(depth - 1, locals);
                (format!("split({text}, \"-\")"), Type::Text)
            }
            _ => ("input.tags".to_owned(), Type::Text),
        }
    }

    fn set(&mut self, depth: u32, locals: &[Local]) -> String {
        match self.random.below(8) {
            6 => {
                let name = self.name("r");
                for _ in 0..=self.random.below(2) {
                    let (item, body) = (self.text(0, &[]), self.body(depth.min(1), &[]));
                    self.helpers.push(format!("{name} contains {item} if {{\n{body}}}\n\n"));
                }
                name
            }
            0 => format!("{{{} | some t{} in input.tags}}", self.text(0, locals), self.names),
            1 => format!("{{\"A\", {}}}", self.text(depth, locals)),
            2 => "set()".to_owned(),
            3 => format!("object.keys({})", self.object(depth, locals)),
            4 => "{c.owner | some c in data.centres; c.active}".to_owned(),
            5 => format!("union({{{{{}}}, {{\"A\"}}}})", self.text(0, locals)),
            _ => "{\"EU\", \"B\", \"A\"}".to_owned(),
        }
    }

    /// A list of text.
    fn list(&mut self, depth: u32, locals: &[Local]) -> String {
        let below = depth.saturating_sub(1);
        match self.random.below(6) {
            0 if depth > 0 => {
                let (a, b) = (self.list(below, locals), self.list(below, locals));
                format!("array.concat({a}, {b})")
            }
            1 if depth > 0 => {
                let (from, to) = (self.number(0, locals), self.random.pick(&["2", "0", "99"]));
                format!("array.slice({}, {from}, {to})", self.list(below, locals))
            }
            2 if depth > 0 => format!("array.reverse({})", self.list(below, locals)),
            3 => format!("[{}, \"A\"]", self.text(below, locals)),
            4 => format!("split({}, \"\")", self.text(below, locals)),
            _ => "input.tags".to_owned(),
        }
    }

    /// An object of numbers.
    fn object(&mut self, depth: u32, locals: &[Local]) -> String {
        let name = self.name("o");
        let mut inner = locals.to_vec();
        match self.random.below(4) {
            0 => {
                inner.push(Local(name.clone(), Type::Centre));
                let value = self.random.pick(&["budget", "budget + 1"]);
                format!(
                    "{{{name}.id: {name}.{value} | some {name} in data.centres; {name}.active}}"
                )
            }
            1 => format!("{{\"A\": 1, \"B\": {}}}", self.number(0, locals)),
            _ => {
                inner.push(Local(name.clone(), Type::Text));
                let (key, value) = (self.text(0, &inner), self.number(0, &inner));
                let condition = self.condition(depth.min(1), &inner);
                format!("{{{key}: {value} | some {name} in input.tags; {condition}}}")
            }
        }
    }

    /// A list or set that is collected from another.
    fn comprehension(&mut self, depth: u32, locals: &[Local], ty: Type) -> String {
        let name = self.name("k");
        let from = match ty {
            Type::Number => {
                format!("[{}, {}]", self.number(depth, locals), self.number(depth, locals))
            }
            _ => self
                .random
                .pick(&["input.tags", "[\"A\", input.sku]", "{\"A\", input.sku, \"A\"}"])
                .to_owned(),
        };
        let mut inner = locals.to_vec();
        inner.push(Local(name.clone(), ty));
        let condition = self.condition(depth, &inner);
        let item = match ty {
            Type::Number => self.number(depth, &inner),
            _ => self.text(depth, &inner),
        };
        let (open, close) = if self.random.below(2) == 0 { ("[", "]") } else { ("{", "}") };
        format!("{open}{item} | some {name} in {from}; {condition}{close}")
    }

    fn condition(&mut self, depth: u32, locals: &[Local]) -> String {
        if depth == 0 {
            let plain = [
                "input.flag",
                "not input.flag",
                "not input.sku",
                "input.cost_centre",
                "input.amount > 0",
                "input.region == null",
                "input.day != null",
                "input.region == data.parameters.label",
                "data.parameters.strict",
                "input.number in [0, 1, input.number]",
                "not data.centres[input.cost_centre]",
                "data.limits[[input.region, input.sku]]",
            ];
            return self.random.pick(&plain).to_owned();
        }
        let below = depth - 1;
        match self.random.below(21) {
            0 => {
                let (a, b) = (self.number(below, locals), self.number(below, locals));
                format!("{a} {} {b}", self.comparison())
            }
            1 => {
                let (a, b) = (self.text(below, locals), self.text(below, locals));
                format!("{a} {} {b}", self.comparison())
            }
            2 => {
                let (a, b) = (self.date(below, locals), self.date(below, locals));
                format!("{a} {} {b}", self.comparison())
            }
            3 => format!("input.at {} input.until", self.comparison()),
            4 => {
                let inner = self.condition(below, locals);
                if inner.starts_with("not ") || inner.contains("every ") {
                    inner
                } else {
                    format!("not {inner}")
                }
            }
            5 => {
                let (a, list) = (
                    self.text(below, locals),
                    self.random.pick(&["[\"A\", \"B\"]", "input.tags", "{\"EU\", input.region}"]),
                );
                format!("{a} in {list}")
            }
            6 => {
                let (f, a) = (
                    self.random.pick(&[
                        "startswith",
                        "endswith",
                        "contains",
                        "strings.any_prefix_match",
                        "strings.any_suffix_match",
                    ]),
                    self.text(below, locals),
                );
                let b = self.random.pick(&["\"A\"", "\"\"", "input.region"]);
                format!("{f}({a}, {b})")
            }
            7 => format!("regex.match(\"^[A-Z]+[0-9]?$\", {})", self.text(below, locals)),
            8 => {
                let centre = self.centre(below, locals);
                self.random
                    .pick(&["{}.owner", "not {}.budget", "{}.active == false", "{}.owner == null"])
                    .replace("{}", &centre)
            }
            9 => {
                let body = self.body(below.min(1), &[]);
                let name = self.name("h");
                let more = if self.random.below(2) == 0 {
                    format!("{name} if {{\n{}}}\n\n", self.body(below.min(1), &[]))
                } else {
                    String::new()
                };
                let default = if self.random.below(3) == 0 {
                    format!("default {name} := false\n\n")
                } else {
                    String::new()
                };
                self.helpers.push(format!("{default}{name} if {{\n{body}}}\n\n{more}"));
                name
            }
            10 => {
                let name = self.name("f");
                let body = format!("\tp > {}\n", self.number(0, &[]));
                self.helpers.push(format!("{name}(p) if {{\n{body}}}\n\n{name}(0) := true\n\n"));
                format!("{name}({})", self.number(below, locals))
            }
            11 => format!("money.is_currency({}, input.day)", self.text(below, locals)),
            12 => "effective.at(data.meters, [input.region, input.number], input.at).name != \"A\""
                .to_owned(),
            13 => "data.days[input.day].open".to_owned(),
            14 => "data.prices[input.price].name == \"A\"".to_owned(),
            17 => {
                let (a, b) = (self.list(below, locals), self.list(below, locals));
                format!("{a} {} {b}", self.random.pick(&["==", "!="]))
            }
            18 => {
                let object = self.object(below, locals);
                match self.random.below(4) {
                    0 => format!("object.get({object}, {}, 0) > 0", self.text(0, locals)),
                    1 => format!("{object}[{}] > 0", self.text(0, locals)),
                    2 => format!("{} in {object}", self.number(0, locals)),
                    _ => format!("{object} == {}", self.object(below, locals)),
                }
            }
            16 => {
                let (a, b) = (self.set(below, locals), self.set(below, locals));
                let operator = self.random.pick(&["|", "&", "-"]);
                let comparison = self.random.pick(&["==", "!="]);
                format!("{a} {operator} {b} {comparison} {{\"A\", \"EU\"}}")
            }
            15 => {
                let entry = self.text(below, locals);
                format!("{{\"A\": 1, \"B\": 2, \"\": 3}}[{entry}] > 1")
            }
            _ => self.condition(below, locals),
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.random.pick(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn number(&mut self, depth: u32, locals: &[Local]) -> String {
        if let Some(local) = self.local(locals, Type::Number) {
            return local;
        }
        if depth == 0 {
            let plain = [
                "input.amount",
                "input.price",
                "input.quantity",
                "input.big",
                "input.number",
                "0",
                "1.1",
                "-2.5",
                "1e3",
                "99999999999999999999999999999999999999",
                "data.parameters.tolerance",
                "object.get(input, \"amount\", 0)",
            ];
            return self.random.pick(&plain).to_owned();
        }
        let below = depth - 1;
        match self.random.below(19) {
            16 => format!("count({})", self.object(below, locals)),
            17 => match self.random.below(3) {
                0 => format!("count({})", self.list(below, locals)),
                1 => format!("count({})", self.set(below, locals)),
                _ => {
                    let function = self.random.pick(&["sum", "count", "max"]);
                    let range = self.random.pick(&["1, 3", "0, 40", "0, input.number"]);
                    format!("{function}(numbers.range({range}))")
                }
            },
            0 => format!("({} + {})", self.number(below, locals), self.number(below, locals)),
            1 => format!("({} - {})", self.number(below, locals), self.number(below, locals)),
            2 => format!("({} * {})", self.number(below, locals), self.number(below, locals)),
            3 => format!("abs({})", self.number(below, locals)),
            4 => format!("decimal.round({}, 2, \"half_even\")", self.number(below, locals)),
            5 => format!(
                "decimal.div({}, {}, 6, \"half_up\")",
                self.number(below, locals),
                self.number(below, locals)
            ),
            6 => format!(
                "count({})",
                self.random.pick(&["input.sku", "input.tags", "split(input.region, \"\")"])
            ),
            7 => format!("{}.price", self.rate(below, locals)),
            8 => {
                let name = self.name("v");
                let (a, b) = (self.condition(1, &[]), self.number(below, &[]));
                let last = self.number(0, &[]);
                self.helpers.push(match self.random.below(3) {
                    0 => format!("{name} := {b} if {{\n\t{a}\n}} else := {last}\n\n"),
                    1 => format!("default {name} := 0\n\n{name} := {b} if {{\n\t{a}\n}}\n\n"),
                    _ => format!("{name} := {b} if {{\n\t{a}\n}}\n\n{name} := {last} if {{\n\tinput.flag\n}}\n\n"),
                });
                name
            }
            9 => {
                let list = [self.number(below, locals), self.number(below, locals)].join(", ");
                format!("{}([{list}])", self.random.pick(&["sum", "product", "min", "max"]))
            }
            10 => format!("indexof({}, {})", self.text(below, locals), self.text(0, locals)),
            11 => {
                let part = self.random.pick(&["month", "day", "weekday", "year"]);
                format!("date.{part}({})", self.date(below, locals))
            }
            12 => format!(
                "date.days_between({}, {})",
                self.date(below, locals),
                self.date(below, locals)
            ),
            13 => {
                let list = self.comprehension(below, locals, Type::Number);
                let list = if self.random.below(2) == 0 { list } else { format!("sort({list})") };
                format!("{}({list})", self.random.pick(&["sum", "count", "min", "max"]))
            }
            14 => format!("count({})", self.comprehension(below, locals, Type::Text)),
            15 => "count({\"A\", \"A\", \"EU\"})".to_owned(),
            _ => self.number(below, locals),
        }
    }

    fn text(&mut self, depth: u32, locals: &[Local]) -> String {
        if let Some(local) = self.local(locals, Type::Text) {
            return local;
        }
        if depth == 0 {
            let plain = [
                "input.sku",
                "input.region",
                "input.cost_centre",
                "\"A\"",
                "\"\"",
                "\"😀 tag\"",
                "data.parameters.label",
                "object.get(input, \"sku\", \"B\")",
                "input.tags[0]",
            ];
            return self.random.pick(&plain).to_owned();
        }
        let below = depth - 1;
        match self.random.below(10) {
            0 => format!("lower({})", self.text(below, locals)),
            1 => format!("trim_space({})", self.text(below, locals)),
            2 => format!(
                "concat(\"-\", [{}, {}])",
                self.text(below, locals),
                self.text(below, locals)
            ),
            3 => format!("{}.owner", self.centre(below, locals)),
            4 => format!(
                "sprintf(\"%s/%v\", [{}, {}])",
                self.text(below, locals),
                self.date(below, locals)
            ),
            5 => {
                let names = ["trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix"];
                let (function, text) = (self.random.pick(&names), self.text(below, locals));
                format!("{function}({text}, {})", self.text(0, locals))
            }
            6 => format!(
                "replace({}, {}, {})",
                self.text(below, locals),
                self.text(0, locals),
                self.text(0, locals)
            ),
            7 => {
                let from = self.random.pick(&["0", "1", "-1", "input.number"]);
                format!("substring({}, {from}, 2)", self.text(below, locals))
            }
            8 => format!("strings.reverse({})", self.text(below, locals)),
            _ => self.text(below, locals),
        }
    }

    fn date(&mut self, depth: u32, locals: &[Local]) -> String {
        if let Some(local) = self.local(locals, Type::Date) {
            return local;
        }
        let below = depth.saturating_sub(1);
        match self.random.below(11) {
            0 => "date.of(input.at)".to_owned(),
            1 => "data.run.as_of".to_owned(),
            2 => "data.parameters.since".to_owned(),
            3 if depth > 0 => format!(
                "date.parse({})",
                self.random.pick(&["input.sku", "input.region", "lower(input.cost_centre)"])
            ),
            4 if depth > 0 => format!("date.end_of_year({})", self.date(below, locals)),
            5 if depth > 0 => format!(
                "date.add_years({}, {})",
                self.date(below, locals),
                self.random.pick(&["1", "-4", "input.number"])
            ),
            7 if depth > 0 => format!(
                "date.add_{}({}, {})",
                self.random.pick(&["months", "days"]),
                self.date(below, locals),
                self.random.pick(&["1", "-14", "input.number"])
            ),
            6 if depth > 0 => format!("{}.from", self.rate(below, locals)),
            _ => "input.day".to_owned(),
        }
    }

    fn rate(&mut self, depth: u32, locals: &[Local]) -> String {
        if let Some(local) = self.local(locals, Type::Rate) {
            return local;
        }
        let below = depth.saturating_sub(1);
        let when = self.random.pick(&["input.day", "input.at", "data.run.as_of"]);
        format!("effective.at(data.rates, [{}], {when})", self.text(below, locals))
    }

    fn centre(&mut self, depth: u32, locals: &[Local]) -> String {
        if let Some(local) = self.local(locals, Type::Centre) {
            return local;
        }
        format!("data.centres[{}]", self.text(depth.saturating_sub(1), locals))
    }
}
