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
    ...{ help: false, full: false, firestore: 'embedded', filter: [], selected: new Map(), shard: undefined },
    ...args,
  });

describe('the plan of npm test', () => {
  it('has each stage once, groups shared emulators, and omits stages run only by name', () => {
    const { before, groups, after, omitted } = plan();
    assert.deepEqual([before, groups, after], [['lint'], [['page', 'api'], ['unit'], ['idp']], []]);
    assert.deepEqual([...omitted], [['bench', 'not selected']]);
  });

  it('has only the stages that the arguments name', () => {
    const selected = new Map([
      ['bench', []],
      ['api', ['api/a.test.ts']],
    ]);
    const { before, groups, after } = plan({ selected });
    assert.deepEqual([before, groups, after], [[], [['api']], ['bench']]);
  });

  it('has only stages with tests when tests are selected by title', () => {
    const { before, groups, after } = plan({ filter: ['--grep', 'x'] });
    assert.deepEqual([before, groups.flat(), after], [[], ['page', 'api', 'unit', 'idp'], []]);
  });

  it('has each stage in exactly one shard, except build', () => {
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
  it('run a compute task beside a waiting task, then the remaining tasks, each once', async () => {
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
