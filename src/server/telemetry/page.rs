//! A page of metrics while it is being written.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::measure::Distribution;

/// Labels and their values.
pub(super) type Labels<'page> = &'page [(&'static str, &'page str)];

/// Seconds of a nanosecond.
pub(super) const NANOSECONDS: f64 = 1e-9;
/// Of what is only counted.
pub(super) const ONES: f64 = 1.0;

/// Writes one metric after another, each with its help.
pub(super) struct Page<'page>(pub(super) DescriptorEncoder<'page>);

impl Page<'_> {
    /// A number that only grows. The name has no `_total`: that is added.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    /// Several such numbers.
    pub(super) fn counters<'row>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (Labels<'row>, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        rows.into_iter().try_for_each(|(labels, value)| {
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// One that is no whole number, and that there may be none of.
    pub(super) fn optional_counter(&mut self, name: &str, help: &str, value: Option<f64>) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        value.map_or(Ok(()), |value| metric.encode_counter::<NoLabelSet, _, f64>(&value, None))
    }

    /// A number that may do anything.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.optional_gauge(name, help, Some(value))
    }

    /// One that there may be none of.
    pub(super) fn optional_gauge(&mut self, name: &str, help: &str, value: Option<f64>) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        value.map_or(Ok(()), |value| metric.encode_gauge(&value))
    }

    /// Several numbers that may do anything.
    pub(super) fn gauges<'row>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (Labels<'row>, f64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        rows.into_iter().try_for_each(|(labels, value)| metric.encode_family(&labels)?.encode_gauge(&value))
    }

    /// How values are spread, in units of so many.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        unit: f64,
        values: &Distribution,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let (sum, count, buckets) = scaled(values, unit);
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    /// Several of them.
    pub(super) fn histograms<'row>(
        &mut self,
        name: &str,
        help: &str,
        unit: f64,
        rows: impl IntoIterator<Item = (Labels<'row>, Distribution)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        rows.into_iter().try_for_each(|(labels, values)| {
            let (sum, count, buckets) = scaled(&values, unit);
            metric.encode_family(&labels)?.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
        })
    }
}

/// A number as metrics have them: exact up to 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "what is shown need not be exact beyond sixteen digits")]
pub(super) fn number(value: impl TryInto<u64>) -> f64 {
    value.try_into().unwrap_or(u64::MAX) as f64
}

pub(super) fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

type Scaled = (f64, u64, Vec<(f64, u64)>);

/// Sum, count, and what was counted at each bound.
fn scaled(values: &Distribution, unit: f64) -> Scaled {
    // A product such as 100000 times 1e-9 is not the shortest number; a quotient of whole numbers is.
    let bound = |bound: &u64| if unit < 1.0 { number(*bound) / unit.recip().round() } else { number(*bound) };
    let bounds = values.bounds.iter().map(bound).chain([f64::INFINITY]);
    let buckets = bounds.zip(values.counts.iter().copied()).collect();
    (number(values.sum) * unit, values.count(), buckets)
}
