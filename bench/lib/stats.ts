/** The results of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The quantile of the samples. @param share 0 to 1 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The median. For an even number of samples, the mean of the two middle ones. */
export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

export function spreadOf(samples: readonly number[]): Spread {
  return { median: median(samples), min: quantile(samples, 0), max: quantile(samples, 1) };
}

/** The largest value divided by the smallest. */
export const maxToMinRatio = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);

/** Formats a number with three significant digits, or all digits of an integer. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Formats as `12.3 (11.9–14.0)`: median, minimum and maximum. */
export function formatSpread({ median, min, max }: Spread): string {
  if (!Number.isFinite(median)) return '–';
  return `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;
}

export const formatRatio = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}×` : '–');
export const wholeNumber = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: 0 });
