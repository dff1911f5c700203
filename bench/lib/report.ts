import { BUDGETS, type Budget, type BudgetName, isKept, limitOf } from '../budgets.ts';
import { figure } from './stats.ts';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A value to hold against a budget. @property of which of several */
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

/** Bars side by side. @property file name without folder or ending; @property ours label of the bar that stands out */
export interface Chart {
  readonly file: string;
  readonly title: string;
  readonly unit: string;
  readonly ours: string;
  readonly bars: readonly Bar[];
}

/** What one measurement found. @property notes what a reader has to know besides */
export interface Section {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
  readonly charts?: readonly Chart[];
  readonly notes?: readonly string[];
  /** Every sample, for the JSON. */
  readonly raw: unknown;
}

export interface Verdict {
  readonly what: string;
  readonly value: number;
  /** Of this run; absent: it was not looked at. */
  readonly limit?: number;
  readonly kept: boolean;
  /** With units, for people. */
  readonly text: readonly [value: string, limit: string];
}

export function judge({ budget: name, of, value }: Check, short: boolean): Verdict {
  const { what, unit, atLeast }: Budget = BUDGETS[name];
  const limit = limitOf(name, short);
  const withUnit = (number: number) => `${figure(number)}${unit === '×' || unit === '' ? '' : ' '}${unit}`;
  const bound = limit === undefined ? '' : `${atLeast ? '≥' : '≤'} ${withUnit(limit)}`;
  return {
    what: of === undefined ? what : `${of}: ${what}`,
    value,
    ...(limit !== undefined && { limit }),
    kept: limit === undefined || isKept(name, value, limit),
    text: [withUnit(value), bound],
  };
}

/** A table as Markdown, its columns lined up so that it reads well on a terminal, too. */
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
    title: short ? 'Held against twice the budgets, by CPU time' : 'Held against the budgets',
    head: ['what', 'value', 'budget', ''],
    rows: verdicts.map(({ what, text, limit, kept }) => [
      what,
      ...text,
      limit === undefined ? 'not looked at' : kept ? 'kept' : 'MISSED',
    ]),
  };
}
