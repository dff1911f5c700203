import { BUDGETS, type Budget, type BudgetName, isMet, limitOf } from '../budgets.ts';
import { formatNumber } from './stats.ts';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A value to compare with a budget. @property of the case, if the budget has several */
export interface Check {
  readonly budget: BudgetName;
  readonly of?: string;
  readonly value: number;
}

export interface Bar {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A bar chart. @property file name without folder and extension. @property highlighted label of the highlighted bar */
export interface Chart {
  readonly file: string;
  readonly title: string;
  readonly unit: string;
  readonly highlighted: string;
  readonly bars: readonly Bar[];
}

/** The result of a measurement. @property notes shown below the tables */
export interface Section {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
  readonly charts?: readonly Chart[];
  readonly notes?: readonly string[];
  /** All samples, for the JSON file. */
  readonly raw: unknown;
}

export interface Verdict {
  readonly what: string;
  readonly value: number;
  /** The limit in this run. Absent: not checked. */
  readonly limit?: number;
  /** False: the run fails. */
  readonly met: boolean;
  readonly status: 'met' | 'MISSED' | 'open' | 'not checked';
  /** Formatted with units. */
  readonly text: readonly [value: string, limit: string];
}

export function evaluateCheck({ budget: name, of, value }: Check, short: boolean): Verdict {
  const { what, unit, atLeast, open }: Budget = BUDGETS[name];
  const limit = limitOf(name, short);
  const withUnit = (number: number) =>
    `${formatNumber(number)}${unit === '×' || unit === '' ? '' : ' '}${unit}`;
  const bound = limit === undefined ? '' : `${atLeast ? '≥' : '≤'} ${withUnit(limit)}`;
  const isWithin = limit !== undefined && isMet(name, value, limit);
  const status = limit === undefined ? 'not checked' : isWithin ? 'met' : open ? 'open' : 'MISSED';
  return {
    what: of === undefined ? what : `${of}: ${what}`,
    value,
    ...(limit !== undefined && { limit }),
    met: status !== 'MISSED',
    status,
    text: [withUnit(value), bound],
  };
}

/** Formats a table as Markdown with aligned columns, readable on a terminal, too. */
export function toMarkdown({ title, head, rows }: Table): string {
  const widths = head.map((name, column) =>
    Math.max(3, name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [`**${title}**`, '', line(head), rule, ...rows.map(line)].join('\n');
}

export function verdictTable(verdicts: readonly Verdict[], short: boolean): Table {
  return {
    title: short ? 'Compared with twice the budgets, by CPU time' : 'Compared with the budgets',
    head: ['what', 'value', 'budget', ''],
    rows: verdicts.map(({ what, text, status }) => [what, ...text, status]),
  };
}
