//! How often something would come by chance, and how sure a share is.

/// ln Γ(x) for x > 0 (Lanczos, g = 7): 15 digits.
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = C.iter().enumerate().skip(1).fold(C[0], |sum, (i, c)| sum + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// P(X ≥ k) of a Poisson variable with this mean.
#[must_use]
pub fn poisson_tail(mean: f64, k: u64) -> f64 {
    if k == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let term = |i: u64| (i as f64 * mean.ln() - mean - ln_gamma(i as f64 + 1.0)).exp();
    sum_from(k, term, |i| mean / i as f64)
}

/// P(X ≥ k) of n tries with probability p each.
#[must_use]
pub fn binomial_tail(n: u64, p: f64, k: u64) -> f64 {
    if k == 0 || p >= 1.0 {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    let ln_choose = |k: u64| {
        ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
    };
    let term = |i: u64| {
        if i > n {
            0.0
        } else {
            (ln_choose(i) + i as f64 * p.ln() + (n - i) as f64 * (1.0 - p).ln()).exp()
        }
    };
    sum_from(k, term, |i| if i > n { 0.0 } else { (n - i + 1) as f64 / i as f64 * p / (1.0 - p) })
}

/// Sums terms from `k` up until they no longer count.
fn sum_from(k: u64, term: impl Fn(u64) -> f64, ratio: impl Fn(u64) -> f64) -> f64 {
    let (mut sum, mut current, mut i) = (0.0, term(k), k);
    for _ in 0..100_000 {
        sum += current;
        i += 1;
        let next = ratio(i);
        current *= next;
        if next < 1.0 && current < sum * 1e-12 {
            break;
        }
    }
    sum.clamp(0.0, 1.0)
}

/// The 95 % interval of a share (Wilson).
#[must_use]
pub fn wilson(hits: u64, of: u64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if of == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (of as f64, hits as f64 / of as f64);
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

/// The upper end of the 95 % interval of a rate of which so many were seen in so much (exact for
/// none: −ln 0.05 / amount).
#[must_use]
pub fn rate_at_most(seen: u64, amount: f64) -> f64 {
    // the mean under which so few would be seen in one of twenty
    let (mut low, mut high) = (seen as f64, seen as f64 * 2.0 + 10.0);
    for _ in 0..100 {
        let mean = f64::midpoint(low, high);
        if 1.0 - poisson_tail(mean, seen + 1) > 0.05 { low = mean } else { high = mean }
    }
    if amount > 0.0 { high / amount } else { f64::INFINITY }
}

/// A small number for people: `0.03`, `4e-7`.
#[must_use]
pub fn words(number: f64) -> String {
    if number == 0.0 || number >= 0.01 { format!("{number:.2}") } else { format!("{number:.0e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-300), "{a} {b}");
    }

    #[test]
    fn tails_have_the_values_of_their_definitions() {
        close(poisson_tail(2.0, 1), 1.0 - (-2.0_f64).exp());
        close(poisson_tail(0.05, 3), 1.0 - (-0.05_f64).exp() * (1.0 + 0.05 + 0.00125));
        close(binomial_tail(4, 0.5, 3), 5.0 / 16.0);
        close(binomial_tail(10, 0.1, 10), 1e-10);
        assert!(poisson_tail(300.0, 300) > 0.49 && poisson_tail(300.0, 300) < 0.53);
        assert_eq!(
            (poisson_tail(0.0, 1), binomial_tail(3, 0.5, 4), poisson_tail(1.0, 0)),
            (0.0, 0.0, 1.0)
        );
    }

    #[test]
    fn intervals_are_those_of_the_books() {
        let (low, high) = wilson(8, 10);
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3, "{low} {high}");
        assert!((rate_at_most(0, 100.0) - 0.029_957).abs() < 1e-5);
        assert!((rate_at_most(1, 1.0) - 4.744).abs() < 1e-2);
    }
}
