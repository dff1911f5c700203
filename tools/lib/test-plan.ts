import { isBuilt } from './built.ts';
import { isUnchanged } from './changed.ts';
import type { Stage } from './stage.ts';
import type { TestArguments } from './test-arguments.ts';

/** Which stages run, in which order, and why the others do not run. */
export interface TestPlan {
  /** One at a time. */
  before: string[];
  /** Two at a time. The stages of a group share emulators: they run one after the other. */
  groups: string[][];
  /** One at a time. */
  after: string[];
  /** Reason by stage name. */
  omitted: Map<string, string>;
}

const NOT_SELECTED = 'not selected';
const UNCHANGED = 'unchanged, runs only with --full';
const IN_ANOTHER_SHARD = 'in another shard';

const isInShard = (n: number, { shard }: TestArguments) =>
  shard === undefined || n % shard.count === shard.index - 1;

function reasonToOmit(
  name: string,
  { folder, lane, onlyByName, whenChanged }: Stage,
  { selected, filter, full, shard }: TestArguments,
): string | undefined {
  if (selected.has(name)) return undefined;
  const isSelection = selected.size > 0 || filter.length > 0;
  // The other stages need the output of `build`.
  if (name === 'build' && !(isSelection && isBuilt())) return undefined;
  if (selected.size > 0 || onlyByName || (isSelection && folder === undefined)) return NOT_SELECTED;
  if (lane === 'before' && shard !== undefined && shard.index > 1) return IN_ANOTHER_SHARD;
  return whenChanged !== undefined && !full && isUnchanged(whenChanged) ? UNCHANGED : undefined;
}

/** Selects the stages of a run by its arguments. */
export function planTests(stages: Readonly<Record<string, Stage>>, args: TestArguments): TestPlan {
  const omitted = new Map<string, string>();
  const chosen = Object.entries(stages).filter(([name, stage]) => {
    const reason = reasonToOmit(name, stage, args);
    if (reason !== undefined) omitted.set(name, reason);
    return reason === undefined;
  });
  const namesIn = (...lanes: Stage['lane'][]) =>
    chosen.filter(([, { lane }]) => lanes.includes(lane)).map(([name]) => name);

  const emulatorsOf = (name: string) => stages[name]?.emulators ?? `none, for ${name}`;
  const groups = [...Map.groupBy(namesIn('compute', 'wait'), emulatorsOf).values()];
  const mine = groups.filter((_group, n) => isInShard(n, args));
  for (const name of groups.flat()) if (!mine.flat().includes(name)) omitted.set(name, IN_ANOTHER_SHARD);
  return { before: namesIn('before'), groups: mine, after: namesIn('after'), omitted };
}
