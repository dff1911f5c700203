import { isBuilt } from './built.ts';
import { isUnchanged } from './changed.ts';
import type { Stage } from './stage.ts';
import type { TestArguments } from './test-arguments.ts';

/** Which stages run, in which order, and why the others do not. */
export interface TestPlan {
  /** One at a time. */
  before: string[];
  /** Two at a time. The stages of a group share emulators: they run one after the other. */
  groups: string[][];
  /** One at a time. */
  after: string[];
  left: Map<string, string>;
}

const NOT_ASKED_FOR = 'not asked for';
const UNCHANGED = 'unchanged, and so left out without --full';
const IN_ANOTHER_SHARD = 'in another shard';

const isInShard = (n: number, { shard }: TestArguments) =>
  shard === undefined || n % shard.count === shard.index - 1;

function reasonToLeaveOut(
  name: string,
  { folder, lane, onlyByName, whenChanged }: Stage,
  { asked, filter, full, shard }: TestArguments,
): string | undefined {
  if (asked.has(name)) return undefined;
  const isSelection = asked.size > 0 || filter.length > 0;
  // The other stages read what `build` makes.
  if (name === 'build' && !(isSelection && isBuilt())) return undefined;
  if (asked.size > 0 || onlyByName || (isSelection && folder === undefined)) return NOT_ASKED_FOR;
  if (lane === 'before' && shard !== undefined && shard.index > 1) return IN_ANOTHER_SHARD;
  return whenChanged !== undefined && !full && isUnchanged(whenChanged) ? UNCHANGED : undefined;
}

/** Chooses the stages of a run by what was asked for. */
export function planTests(stages: Readonly<Record<string, Stage>>, args: TestArguments): TestPlan {
  const left = new Map<string, string>();
  const chosen = Object.entries(stages).filter(([name, stage]) => {
    const reason = reasonToLeaveOut(name, stage, args);
    if (reason !== undefined) left.set(name, reason);
    return reason === undefined;
  });
  const namesIn = (...lanes: Stage['lane'][]) =>
    chosen.filter(([, { lane }]) => lanes.includes(lane)).map(([name]) => name);

  const emulatorsOf = (name: string) => stages[name]?.emulators ?? `none, for ${name}`;
  const groups = [...Map.groupBy(namesIn('compute', 'wait'), emulatorsOf).values()];
  const mine = groups.filter((_group, n) => isInShard(n, args));
  for (const name of groups.flat()) if (!mine.flat().includes(name)) left.set(name, IN_ANOTHER_SHARD);
  return { before: namesIn('before'), groups: mine, after: namesIn('after'), left };
}
