//! A reply of rows as a table: moving in it, and sorting it.

use crate::screen::actions::{Effects, none};
use crate::screen::conditions::Ready;
use crate::screen::model::{Model, tree_of};
use crate::screen::moving::moved;
use swarmscope_facts::reply::reading::{Reading, Row, View};

impl Model {
    /// Lays the rows of the reply out, where it is looked at as a table.
    pub(in crate::screen) fn tabulate(&mut self) {
        let mut reading = std::mem::take(&mut self.reading);
        if let Some(request) = self.request() {
            reading.tabulate(tree_of(request), &request.payload);
        }
        self.reading = reading;
    }

    /// The selected value of a table.
    pub(in crate::screen) fn cell(&self) -> Option<Row> {
        if self.reading.shows() != View::Table {
            return None;
        }
        let table = self.reading.table.as_ref()?;
        let value = table.selected(tree_of(self.request()?)?)?;
        Some(Row {
            path: vec![table.place(table.row)?, table.column],
            label: value.label.clone(),
            value: value.value.clone(),
            span: value.span.clone(),
            open: None,
        })
    }
}

/// To another row.
pub(in crate::screen) fn step(reading: &mut Reading, by: isize) {
    if let Some(table) = &mut reading.table {
        table.row = moved(table.row, by, table.len());
    }
}

pub(in crate::screen) fn has_table(model: &Model) -> Ready {
    let shown = model.reading.shows() == View::Table;
    if shown { Ok(()) } else { Err("the reply is not shown as a table".to_owned()) }
}

pub(in crate::screen) fn left(model: &mut Model) -> Effects {
    beside(model, -1)
}

pub(in crate::screen) fn right(model: &mut Model) -> Effects {
    beside(model, 1)
}

fn beside(model: &mut Model, by: isize) -> Effects {
    if let Some(table) = &mut model.reading.table {
        table.column = moved(table.column, by, table.columns.len());
    }
    none()
}

pub(in crate::screen) fn sort(model: &mut Model) -> Effects {
    let mut table = model.reading.table.take();
    if let (Some(table), Some(tree)) = (&mut table, model.request().and_then(tree_of)) {
        table.sort(tree);
    }
    model.reading.table = table;
    none()
}
