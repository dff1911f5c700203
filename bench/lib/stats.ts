/** What several rounds came to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which a share (0 to 1) of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Of an even number of samples the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = Float64Array.from(samples).sort();
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

export function spreadOf(samples: readonly number[]): Spread {
  return { median: median(samples), min: quantile(samples, 0), max: quantile(samples, 1) };
}

/** How many times the largest is the smallest. */
export const flatness = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);

/** Three significant digits, or all of a whole number. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `12.3 (11.9–14.0)`: median, least and most. */
export function withSpread({ median, min, max }: Spread): string {
  if (!Number.isFinite(median)) return '–';
  return `${figure(median)} (${figure(min)}–${figure(max)})`;
}

export const times = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}×` : '–');
export const whole = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 });
