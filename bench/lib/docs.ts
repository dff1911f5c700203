import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { toSvg } from './chart.ts';
import type { Machine } from './machine.ts';
import { type Section, type Table, toMarkdown } from './report.ts';

const PAGE = new URL('../RESULTS.md', import.meta.url);
const CHARTS = new URL('../charts/', import.meta.url);

/**
 * Puts what was measured between the page's markers, `<!-- bench:name -->` … `<!-- /bench:name -->`, and draws the charts.
 *
 * @param budgets of a whole run; without them each part says on what machine it was measured
 */
export function writeDocs(
  sections: Readonly<Record<string, Section>>,
  { machine, budgets }: { machine: Machine; budgets?: Table },
): void {
  let page = readFileSync(PAGE, 'utf8');
  const where = describe(machine);
  if (budgets) page = between(page, 'budgets', `${withoutTitle(budgets)}\n\n${where}`);
  mkdirSync(CHARTS, { recursive: true });
  for (const [name, { tables, charts = [], notes = [] }] of Object.entries(sections)) {
    for (const chart of charts) writeFileSync(new URL(`${chart.file}.svg`, CHARTS), toSvg(chart));
    const pictures = charts.map(({ file, title }) => `![${title}](charts/${file}.svg)`);
    const apart = budgets ? [] : [`Measured apart from the others. ${where}`];
    page = between(page, name, [...tables.map(toMarkdown), ...pictures, ...notes, ...apart].join('\n\n'));
  }
  writeFileSync(PAGE, page);
}

export function describe({ line, cores, load, warning }: Machine): string {
  const loads = load.map((value) => value.toFixed(2)).join(' before and ');
  return [
    `${line}; ${cores}; load average ${loads} after.`,
    ...(warning ? [`**Warning: ${warning}.**`] : []),
  ].join('\n\n');
}

const withoutTitle = (table: Table) => toMarkdown(table).split('\n').slice(2).join('\n');

/** The page with a part replaced; as it is when it has no such part: docs/operations/cost-and-scaling.md shows `scale` in its own words. */
function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  return from < 0 || to < 0 ? page : `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}
