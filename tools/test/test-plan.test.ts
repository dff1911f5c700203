import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInLanes, type Task } from '../lib/lanes.ts';
import { sum } from '../lib/outcome.ts';
import type { Stage } from '../lib/stage.ts';
import { stages } from '../lib/stages.ts';
import type { TestArguments } from '../lib/test-arguments.ts';
import { planTests } from '../lib/test-plan.ts';

const run = async () => sum([]);
const EXAMPLE: Record<string, Stage> = {
  lint: { lane: 'before', run },
  page: { lane: 'wait', folder: 'page', emulators: 'demo', run },
  unit: { lane: 'compute', folder: 'unit', run },
  api: { lane: 'wait', folder: 'api', emulators: 'demo', run },
  idp: { lane: 'wait', folder: 'idp', emulators: 'demo-idp', run },
  bench: { lane: 'after', onlyByName: true, run },
};

const plan = (args: Partial<TestArguments> = {}, of = EXAMPLE) =>
  planTests(of, {
    ...{ help: false, full: false, firestore: 'embedded', filter: [], asked: new Map(), shard: undefined },
    ...args,
  });

describe('the plan of npm test', () => {
  it('has every stage once, those that share emulators together, and none that runs by name only', () => {
    const { before, groups, after, left } = plan();
    assert.deepEqual([before, groups, after], [['lint'], [['page', 'api'], ['unit'], ['idp']], []]);
    assert.deepEqual([...left], [['bench', 'not asked for']]);
  });

  it('has the stages that were asked for', () => {
    const asked = new Map([
      ['bench', []],
      ['api', ['api/a.test.ts']],
    ]);
    const { before, groups, after } = plan({ asked });
    assert.deepEqual([before, groups, after], [[], [['api']], ['bench']]);
  });

  it('has the stages with tests when tests are chosen by their title', () => {
    const { before, groups, after } = plan({ filter: ['--grep', 'x'] });
    assert.deepEqual([before, groups.flat(), after], [[], ['page', 'api', 'unit', 'idp'], []]);
  });

  it('is whole in its shards, and has no stage twice', () => {
    for (const count of [1, 2, 3, 20]) {
      const parts = Array.from({ length: count }, (_, n) => plan({ shard: { index: n + 1, count } }, stages));
      const named = parts.flatMap(({ before, groups, after }) => [before, ...groups, after].flat());
      const twice = named.filter((name, n) => named.indexOf(name) !== n);
      assert.deepEqual(new Set(twice), new Set(count > 1 ? ['build'] : []));
      const whole = plan({}, stages);
      assert.deepEqual(new Set(named), new Set([whole.before, ...whole.groups, whole.after].flat()));
    }
  });
});

describe('two lanes', () => {
  it('run a task that computes beside one that waits, then whatever is left, each once', async () => {
    const log: string[] = [];
    const lanes = new Set<number>();
    const task = (lane: Task['lane'], name: string, ms: number): Task => ({
      lane,
      async run(number) {
        assert.ok(!lanes.has(number), `${name}: lane ${number} is taken`);
        lanes.add(number);
        log.push(name);
        await sleep(ms);
        lanes.delete(number);
      },
    });
    const computing = ['a', 'b', 'c', 'd'].map((name) => task('compute', name, 20));
    await runInLanes([...computing, task('wait', 'x', 1)]);
    assert.deepEqual(log.slice(0, 3), ['a', 'x', 'b']);
    assert.deepEqual(log.toSorted(), ['a', 'b', 'c', 'd', 'x']);
  });
});
