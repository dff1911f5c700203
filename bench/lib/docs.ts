import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { toSvg } from './chart.ts';
import type { Machine } from './machine.ts';
import { type Section, type Table, toMarkdown } from './report.ts';

const PAGE = new URL('../RESULTS.md', import.meta.url);
const CHARTS = new URL('../charts/', import.meta.url);

/**
 * Writes the results between the markers of RESULTS.md, `<!-- bench:name -->` … `<!-- /bench:name -->`, and the charts.
 *
 * @param budgets of a full run. Without budgets, each section names the machine.
 */
export function writeDocs(
  sections: Readonly<Record<string, Section>>,
  { machine, budgets }: { machine: Machine; budgets?: Table },
): void {
  let page = readFileSync(PAGE, 'utf8');
  const machineText = describeMachine(machine);
  if (budgets) page = replaceSection(page, 'budgets', `${withoutTitle(budgets)}\n\n${machineText}`);
  mkdirSync(CHARTS, { recursive: true });
  for (const [name, { tables, charts = [], notes = [] }] of Object.entries(sections)) {
    for (const chart of charts) writeFileSync(new URL(`${chart.file}.svg`, CHARTS), toSvg(chart));
    const images = charts.map(({ file, title }) => `![${title}](charts/${file}.svg)`);
    const separateRun = budgets ? [] : [`Measured in a separate run. ${machineText}`];
    page = replaceSection(
      page,
      name,
      [...tables.map(toMarkdown), ...images, ...notes, ...separateRun].join('\n\n'),
    );
  }
  writeFileSync(PAGE, page);
}

export function describeMachine({ line, cores, load, warning }: Machine): string {
  const loads = load.map((value) => value.toFixed(2)).join(' before and ');
  return [
    `${line}; ${cores}; load average ${loads} after.`,
    ...(warning ? [`**Warning: ${warning}.**`] : []),
  ].join('\n\n');
}

const withoutTitle = (table: Table) => toMarkdown(table).split('\n').slice(2).join('\n');

/** Replaces a section of the page. The page has no section for `scale`: see docs/operations/cost-and-scaling.md. */
function replaceSection(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  return from < 0 || to < 0 ? page : `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}
