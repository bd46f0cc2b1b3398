/// Figures of one kind, from the smallest to the largest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    sorted: Vec<f64>,
}

impl Spread {
    /// `None` where there are none.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        (!sorted.is_empty()).then_some(Self { sorted })
    }

    /// The one in the middle, or halfway between the two there.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.sorted.len() / 2;
        if self.sorted.len() % 2 == 1 {
            return self.sorted[middle];
        }
        f64::midpoint(self.sorted[middle - 1], self.sorted[middle])
    }

    pub(crate) fn least(&self) -> f64 {
        self.sorted[0]
    }

    pub(crate) fn most(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }

    /// `MEDIAN (LEAST..MOST)`, or the one figure that there is.
    pub(crate) fn shown(&self, digits: usize) -> String {
        let median = self.median();
        if self.sorted.len() == 1 {
            return format!("{median:.digits$}");
        }
        format!("{median:.digits$} ({:.digits$}..{:.digits$})", self.least(), self.most())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([3.0]).unwrap().shown(2), "3.00");
        assert_eq!(Spread::of([9.0, 1.0, 2.0]).unwrap().shown(0), "2 (1..9)");
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 9.0]).unwrap().shown(1), "3.0 (1.0..9.0)");
    }
}
