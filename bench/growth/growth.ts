import type { BudgetName } from '../budgets.ts';
import { aloneOnServerCore } from '../lib/core.ts';
import type { Check, Section, Table } from '../lib/report.ts';
import { inTurns, type PerCall, perCall } from '../lib/rounds.ts';
import type { Sizes } from '../lib/sizes.ts';
import { flatness, spreadOf, times, whole, withSpread } from '../lib/stats.ts';
import { acrossChanges } from './changes.ts';
import type { Growing } from './growth-series.ts';
import { acrossInstances } from './instances.ts';
import { acrossIssuers } from './issuers.ts';
import { acrossRoles } from './roles.ts';
import { acrossUsers } from './users.ts';

/** Does a request get dearer as the world gets larger? Where the design says no, it is checked. */
export async function growth(sizes: Sizes): Promise<Section> {
  const tables: Table[] = [];
  const checks: Check[] = [];
  const raw: unknown[] = [];
  for (const open of [acrossUsers, acrossChanges, acrossRoles, acrossIssuers]) {
    const growing = await open(sizes);
    const found = await measure(growing, sizes);
    await growing.close?.();
    tables.push(found.table);
    checks.push(...found.checks);
    raw.push(found.raw);
  }
  const instances = await acrossInstances(sizes);
  return { tables: [...tables, instances.table], checks: [...checks, ...instances.checks], raw };
}

async function measure({ of, at, flat, shares = {} }: Growing, sizes: Sizes) {
  const { calls, rounds } = sizes.growth;
  const counts = [...at.keys()];
  const whats = Object.keys(at.get(counts[0] ?? 0) ?? {});
  const names = counts.flatMap((count) => whats.map((what) => `${what}|${count}`));
  const samples: Readonly<Record<string, readonly PerCall[]>> = await aloneOnServerCore(() =>
    inTurns(
      names,
      (name) => {
        const [what = '', count] = name.split('|');
        const run = at.get(Number(count))?.[what] ?? (() => undefined);
        return perCall(Math.ceil(calls * (shares[what] ?? 1)), run);
      },
      { rounds, warmUp: 1 },
    ),
  );
  const of_ = (what: string, count: number, kind: keyof PerCall) =>
    spreadOf((samples[`${what}|${count}`] ?? []).map((sample) => sample[kind]));
  // A short run may share its machine: by CPU time, which others do not take away.
  const judged = sizes.short ? 'cpu' : 'wall';
  const ratio = (what: string) => flatness(counts.map((count) => of_(what, count, judged).median));
  return {
    raw: samples,
    table: {
      title: `µs by ${of}: median (least–most)`,
      head: ['', ...counts.map(whole), 'dearest against cheapest'],
      rows: whats.map((what) => [
        what,
        ...counts.map((count) => withSpread(of_(what, count, 'wall'))),
        times(ratio(what)),
      ]),
    },
    checks: flat.map((what) => ({
      budget: 'flatCost' as BudgetName,
      of: `${what}, by ${of}`,
      value: ratio(what),
    })),
  };
}
