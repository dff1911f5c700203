import type { BudgetName } from '../budgets.ts';
import { runOnServerCore } from '../lib/cpu-affinity.ts';
import type { Check, Section, Table } from '../lib/report.ts';
import { measureCalls, type PerCall, runInterleaved } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatRatio, formatSpread, maxToMinRatio, spreadOf, wholeNumber } from '../lib/stats.ts';
import { createChangesSeries } from './changes.ts';
import type { GrowthSeries } from './growth-series.ts';
import { simulateInstances } from './instances.ts';
import { createIssuersSeries } from './issuers.ts';
import { createRolesSeries } from './roles.ts';
import { createUsersSeries } from './users.ts';

/** Measures whether a request gets slower with more users, changes, roles, issuers and instances. */
export async function growth(sizes: Sizes): Promise<Section> {
  const tables: Table[] = [];
  const checks: Check[] = [];
  const raw: unknown[] = [];
  for (const createSeries of [
    createUsersSeries,
    createChangesSeries,
    createRolesSeries,
    createIssuersSeries,
  ]) {
    const series = await createSeries(sizes);
    const result = await measure(series, sizes);
    await series.close?.();
    tables.push(result.table);
    checks.push(...result.checks);
    raw.push(result.raw);
  }
  const instances = await simulateInstances(sizes);
  return { tables: [...tables, instances.table], checks: [...checks, ...instances.checks], raw };
}

async function measure(
  { variable, callsByCount, mustStayFlat, callFactors = {} }: GrowthSeries,
  sizes: Sizes,
) {
  const { calls, rounds } = sizes.growth;
  const counts = [...callsByCount.keys()];
  const callNames = Object.keys(callsByCount.get(counts[0] ?? 0) ?? {});
  const names = counts.flatMap((count) => callNames.map((what) => `${what}|${count}`));
  const samples: Readonly<Record<string, readonly PerCall[]>> = await runOnServerCore(() =>
    runInterleaved(
      names,
      (name) => {
        const [what = '', count] = name.split('|');
        const run = callsByCount.get(Number(count))?.[what] ?? (() => undefined);
        return measureCalls(Math.ceil(calls * (callFactors[what] ?? 1)), run);
      },
      { rounds, warmUp: 1 },
    ),
  );
  const spreadFor = (what: string, count: number, kind: keyof PerCall) =>
    spreadOf((samples[`${what}|${count}`] ?? []).map((sample) => sample[kind]));
  // A short run can share its machine, so it compares CPU time.
  const metric = sizes.short ? 'cpu' : 'wall';
  const ratio = (what: string) => maxToMinRatio(counts.map((count) => spreadFor(what, count, metric).median));
  return {
    raw: samples,
    table: {
      title: `µs by ${variable}: median (min–max)`,
      head: ['', ...counts.map(wholeNumber), 'slowest relative to fastest'],
      rows: callNames.map((what) => [
        what,
        ...counts.map((count) => formatSpread(spreadFor(what, count, 'wall'))),
        formatRatio(ratio(what)),
      ]),
    },
    checks: mustStayFlat.map((what) => ({
      budget: 'flatCost' as BudgetName,
      of: `${what}, by ${variable}`,
      value: ratio(what),
    })),
  };
}
