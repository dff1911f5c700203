import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, writeDocs } from './lib/docs.ts';
import { inspectMachine } from './lib/machine.ts';
import { evaluateCheck, type Section, toMarkdown, verdictTable } from './lib/report.ts';
import { FULL, SHORT } from './lib/sizes.ts';
import { MEASUREMENTS, type MeasurementName, SHORT_RUN } from './measurements.ts';

/** Runs all measurements in one run, because only ratios within one run are meaningful. See bench/README.md. */
const { values, positionals } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: resolve(import.meta.dirname, 'results/latest.json') },
    'write-docs': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const all = Object.keys(MEASUREMENTS) as MeasurementName[];
const unknown = positionals.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  console.error(`Unknown measurement: ${unknown.join(', ')}. Available: ${all.join(', ')}.`);
  process.exit(1);
}
const { short } = values;
const selected = positionals.length > 0 ? positionals : short ? SHORT_RUN : all;

const machineAfter = inspectMachine();
const sections: Partial<Record<MeasurementName, Section>> = {};
const failed: MeasurementName[] = [];
for (const name of all.filter((one) => selected.includes(one))) {
  const begin = performance.now();
  let section: Section;
  try {
    section = await MEASUREMENTS[name](short ? SHORT : FULL);
  } catch (error) {
    // Keep the results of the other measurements.
    console.error(`\n=== ${name} failed:`, error);
    failed.push(name);
    continue;
  }
  sections[name] = section;
  console.log(`\n=== ${name} (${((performance.now() - begin) / 1000).toFixed(0)} s)`);
  for (const table of section.tables) console.log(`\n${toMarkdown(table)}`);
  for (const note of section.notes ?? []) console.log(`\n${note}`);
}
const machine = machineAfter();
const verdicts = Object.values(sections).flatMap(({ checks }) =>
  checks.map((check) => evaluateCheck(check, short)),
);
const budgets = verdictTable(verdicts, short);
console.log(`\n${toMarkdown(budgets)}\n\n${describeMachine(machine)}`);

mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(
  values.out,
  `${JSON.stringify({ at: new Date(), short, machine, verdicts, failed, sections }, null, 2)}\n`,
);
const isFullRun = !short && all.every((name) => sections[name] !== undefined);
if (values['write-docs']) writeDocs(sections, { machine, ...(isFullRun && { budgets }) });
process.exit(failed.length === 0 && verdicts.every(({ met }) => met) ? 0 : 1);
