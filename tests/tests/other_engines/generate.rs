//! Policies that all engines must read alike: text, whole numbers, booleans, lists; no nulls.

use serde_json::{Value, json};
use tieout_tests::Random;

/// The reference table `data.centres`: id, owner, active, budget.
pub(crate) const CENTRES: [(&str, &str, bool, i64); 4] = [
    ("C1", "kim", true, 100),
    ("C2", "lee", false, 0),
    ("A", "EU", true, -3),
    ("", "kim", true, 7),
];

pub(crate) const TEXTS: [&str; 10] = ["", "A", "B", "C1", "C2", "EU", "eu", "kim", "Ärger", "a-b"];

/// A record without nulls.
pub(crate) struct Record {
    pub(crate) texts: [&'static str; 3],
    pub(crate) numbers: [i64; 2],
    pub(crate) flag: bool,
    pub(crate) tags: Vec<&'static str>,
}

impl Record {
    pub(crate) fn json(&self) -> Value {
        let [s, t, u] = self.texts;
        let [i, j] = self.numbers;
        json!({"s": s, "t": t, "u": u, "i": i, "j": j, "flag": self.flag, "tags": self.tags})
    }
}

pub(crate) fn record(random: &mut Random) -> Record {
    let mut number = || i64::try_from(random.below(9)).unwrap() - 3;
    let numbers = [number(), number()];
    Record {
        texts: [(); 3].map(|()| random.pick(&TEXTS)),
        numbers,
        flag: random.below(2) == 0,
        tags: (0..random.below(4)).map(|_| random.pick(&TEXTS)).collect(),
    }
}

/// A policy's source.
pub(crate) fn policy(random: &mut Random) -> String {
    let mut maker = Maker { random, names: 0, helpers: String::new() };
    let rules: String = (0..=maker.random.below(2))
        .map(|number| {
            let body = maker.body(3);
            format!("violation contains {{\"code\": \"c{number}\"}} if {{\n{body}}}\n\n")
        })
        .collect();
    format!("package t\n\n{rules}{}", maker.helpers)
}

struct Maker<'a> {
    random: &'a mut Random,
    names: usize,
    helpers: String,
}

impl Maker<'_> {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn body(&mut self, depth: usize) -> String {
        let mut text = String::new();
        // A conjunction of many would hardly ever hold.
        for _ in 0..=self.random.below(2) {
            text += &format!("\t{}\n", self.statement(depth));
        }
        text
    }

    fn statement(&mut self, depth: usize) -> String {
        let name = self.name();
        match self.random.below(9) {
            8 => {
                let (value, condition) = (self.number(depth - 1), self.number(0));
                format!("{name} = {value}\n\t{name} + 1 > {condition}")
            }
            0 => {
                let (value, condition) = (self.text(depth - 1), self.about(&name));
                format!("{name} := {value}\n\t{condition}")
            }
            1 => {
                let (list, condition) = (self.list(depth - 1), self.about(&name));
                format!("some {name} in {list}\n\t{condition}")
            }
            2 => {
                let (list, condition) = (self.list(depth - 1), self.about(&name));
                format!("every {name} in {list} {{ {condition} }}")
            }
            3 => {
                let condition =
                    self.random.pick(&["owner == \"kim\"", "active == true", "budget > 5"]);
                format!("some {name} in data.centres\n\t{name}.id == input.s\n\t{name}.{condition}")
            }
            4 => format!("not {}", self.condition(depth - 1)),
            _ => self.condition(depth),
        }
    }

    /// A condition about a text.
    fn about(&mut self, name: &str) -> String {
        match self.random.below(5) {
            0 => format!("{name} != input.t"),
            1 => format!("startswith({name}, \"C\")"),
            2 => format!("{name} in input.tags"),
            3 => format!("count({name}) > input.i"),
            _ => format!("not {name} in [\"A\", \"EU\", input.u]"),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .random
                .pick(&[
                    "input.flag == true",
                    "input.i > 0",
                    "input.s != \"A\"",
                    "input.j <= input.i",
                ])
                .to_owned();
        }
        let below = depth - 1;
        let comparison = self.random.pick(&["==", "!=", "<", "<=", ">", ">="]);
        match self.random.below(17) {
            12 => {
                let same = self.random.pick(&["==", "!="]);
                format!("{} {same} {}", self.set(0), self.set(below))
            }
            13 => {
                let same = self.random.pick(&["==", "!="]);
                format!("{} {same} {}", self.list(below), self.list(below))
            }
            14 => {
                let (object, key) = (self.object(below), self.text(0));
                format!("object.get({object}, {key}, 2) {comparison} {}", self.number(0))
            }
            15 => {
                let name = self.name();
                let condition = self.about(&name);
                let (open, close) = if self.random.below(2) == 0 { ("[", "]") } else { ("{", "}") };
                let list = self.list(below);
                format!(
                    "count({open}{name} | some {name} in {list}; {condition}{close}) {comparison} {}",
                    self.number(0)
                )
            }
            16 => {
                let function = self.random.pick(&["sum", "count", "max"]);
                let range = self.random.pick(&["1, 3", "2, -2", "input.i, input.j"]);
                format!("{function}(numbers.range({range})) {comparison} {}", self.number(below))
            }
            0 => format!("{} {comparison} {}", self.text(below), self.text(below)),
            // Not at a line's beginning: regorus takes `(` there for a call of what stands before.
            1 => format!("0 + {} {comparison} {}", self.number(below), self.number(below)),
            2 => {
                let list =
                    self.random.pick(&["[\"A\", \"B\", \"EU\"]", "input.tags", "{\"C1\", \"\"}"]);
                format!("{} in {list}", self.text(below))
            }
            3 => {
                let function = self.random.pick(&["startswith", "endswith", "contains"]);
                format!("{function}({}, {})", self.text(below), self.text(0))
            }
            4 => format!("regex.match(\"^[A-Z]+[0-9]?$\", {})", self.text(below)),
            5 => format!("data.centres{}.owner == input.t", self.key()),
            6 => format!("data.centres{}.budget {comparison} input.j", self.key()),
            7 => {
                let (name, body) = (self.name(), self.body(1.max(below)));
                self.helpers += &format!("{name} if {{\n{body}}}\n\n");
                if self.random.below(2) == 0 {
                    let body = self.body(1.max(below));
                    self.helpers += &format!("{name} if {{\n{body}}}\n\n");
                }
                name
            }
            8 => {
                let (name, value) = (self.name(), self.number(below));
                self.helpers += &format!("{name}(p) := p + 1 if p > {value}\n\nelse := 0\n\n");
                format!("{name}({}) {comparison} 1", self.number(below))
            }
            9 => self
                .random
                .pick(&["data.centres[input.s]", "data.centres[upper(input.t)]"])
                .to_owned(),
            10 => format!("count(input.tags) {comparison} {}", self.number(below)),
            _ => self.condition(below),
        }
    }

    /// A key that is there: a cell of a row that is not is unknown here and undefined elsewhere.
    fn key(&mut self) -> &'static str {
        self.random.pick(&["[\"C1\"]", "[\"C2\"]", "[\"\"]"])
    }

    fn list(&mut self, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        match self.random.below(7) {
            0 => format!("[{}, {}]", self.text(depth), self.text(0)),
            1 => format!("split({}, \"-\")", self.text(depth)),
            2 if depth > 0 => format!("array.concat({}, {})", self.list(below), self.list(below)),
            3 if depth > 0 => format!("array.reverse({})", self.list(below)),
            4 if depth > 0 => {
                let (from, to) = (self.number(0), self.number(0));
                format!("array.slice({}, {from}, {to})", self.list(below))
            }
            _ => "input.tags".to_owned(),
        }
    }

    fn set(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.below(2) == 0 {
            let (one, other) = (self.set(depth - 1), self.set(depth - 1));
            return match self.random.below(5) {
                0 => format!("union({{{one}, {other}}})"),
                1 => format!("intersection({{{one}, {other}}})"),
                // In brackets: what begins a body with `|` in it is a comprehension elsewhere.
                _ => format!("({one} {} {other})", self.random.pick(&["|", "&", "-"])),
            };
        }
        match self.random.below(6) {
            5 => {
                let name = self.name();
                for _ in 0..=self.random.below(2) {
                    let (item, body) = (self.text(0), self.body(1.max(depth)));
                    self.helpers += &format!("{name} contains {item} if {{\n{body}}}\n\n");
                }
                name
            }
            0 => format!("{{{}, \"A\"}}", self.text(0)),
            1 => "set()".to_owned(),
            2 => "{c.owner | some c in data.centres; c.active}".to_owned(),
            3 => format!("object.keys({})", self.object(0)),
            _ => {
                let name = self.name();
                format!("{{{name} | some {name} in {}}}", self.list(depth))
            }
        }
    }

    /// An object of numbers, in which no key can have two values.
    fn object(&mut self, depth: usize) -> String {
        let name = self.name();
        match self.random.below(3) {
            0 => format!("{{{name}.id: {name}.budget | some {name} in data.centres}}"),
            1 => format!("{{\"A\": {}, \"EU\": 1}}", self.number(0)),
            _ => format!("{{{name}: count({name}) | some {name} in {}}}", self.list(depth)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .random
                .pick(&["input.s", "input.t", "input.u", "\"A\"", "\"\"", "\"EU\"", "\"Ärger\""])
                .to_owned();
        }
        match self.random.below(5) {
            0 => format!("lower({})", self.text(depth - 1)),
            1 => format!("upper({})", self.text(depth - 1)),
            2 => format!("trim_space({})", self.text(depth - 1)),
            3 => format!("concat(\"-\", [{}, {}])", self.text(depth - 1), self.text(0)),
            _ => self.text(depth - 1),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.random.pick(&["input.i", "input.j", "0", "2", "-1"]).to_owned();
        }
        let (one, other) = (self.number(depth - 1), self.number(depth - 1));
        match self.random.below(6) {
            0 => format!("({one} + {other})"),
            1 => format!("({one} - {other})"),
            2 => format!("({one} * {other})"),
            3 => format!("abs({one})"),
            4 => format!("max([{one}, {other}])"),
            _ => format!("count({})", self.text(depth - 1)),
        }
    }
}
