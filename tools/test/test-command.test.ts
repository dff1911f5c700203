import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { stages } from '../lib/stages.ts';
import { launch } from './processes.ts';

const RULES = 'functions/test/rules/rules-evaluator.test.ts';

describe('npm test', function () {
  this.timeout(60_000);

  async function npmTest(...args: string[]) {
    const { exited, output } = launch(process.execPath, [join(ROOT, 'tools', 'test.ts'), ...args]);
    const code = await exited;
    return { code, output: output() };
  }

  /** The numbers of a stage in the summary: passed, failed, skipped. */
  const row = (output: string, name: string) =>
    RegExp(`^${name} +(\\d+) +(\\d+) +(\\d+) +[\\d.]+$`, 'm').exec(output)?.slice(1).map(Number);

  it('prints its options and stages with --help, and runs nothing', async () => {
    const { code, output } = await npmTest('--help');
    assert.equal(code, 0);
    assert.match(output, /^Usage: npm test/);
    for (const name of Object.keys(stages)) assert.match(output, RegExp(`\\b${name}\\b`));
    assert.doesNotMatch(output, /===/);
  });

  it('runs a test file in the stage of its folder', async () => {
    for (const file of [RULES, join(ROOT, RULES), RULES.replace('functions/', '')]) {
      const { code, output } = await npmTest(file);
      assert.equal(code, 0, output);
      const [passed = 0, ...others] = row(output, 'rules') ?? [];
      assert.ok(passed > 0);
      assert.deepEqual(others, [0, 0]);
      assert.match(output, /^not selected: lint, .*unit/m);
      assert.match(output, /\n\d+ passed, 0 failed, 0 skipped\n$/);
    }
  });

  it('runs several test files and folders, each in its stage', async () => {
    const { code, output } = await npmTest(RULES, 'functions/test/unit/authz', 'tools/test/log-line.test.ts');
    assert.equal(code, 0, output);
    for (const name of ['rules', 'unit', 'tools']) assert.ok((row(output, name)?.[0] ?? 0) > 0, name);
  });

  it('runs only tests with a title that matches --grep', async () => {
    const [all = 0] = row((await npmTest(RULES)).output, 'rules') ?? [];
    const count = async (...filter: string[]) =>
      row((await npmTest(RULES, ...filter)).output, 'rules')?.[0] ?? 0;
    const matching = await count('--grep', 'rejects|a hole');
    assert.ok(matching > 1 && matching < all, `${matching} of ${all}`);
    assert.equal(await count('-i', '-g', 'rejects|a hole'), all - matching);
  });

  it('fails when no title matches', async () => {
    const { code, output } = await npmTest(RULES, '--grep', 'no such test');
    assert.equal(code, 1);
    assert.match(output, /no test matches --grep no such test\n/);
    assert.match(output, /\n0 passed, 1 failed, 0 skipped\n$/);
  });

  const mistakes: [args: string[], message: RegExp][] = [
    [['nonsense'], /^gatehouse: there is no stage and no test file "nonsense"; the stages are: lint, /],
    [['functions/src'], /^gatehouse: there are no tests at functions\/src; they are in: /],
    [['--nonsense'], /^gatehouse: Unknown option '--nonsense'/],
    [['--grep', 'a', '--fgrep', 'a'], /^gatehouse: --grep and --fgrep exclude each other\n$/],
    [['--invert'], /^gatehouse: --invert needs --grep or --fgrep\n$/],
    [['--shard', '3/2'], /^gatehouse: --shard is like 1\/3, not "3\/2"\n$/],
  ];
  for (const [args, message] of mistakes) {
    it(`refuses ${args.join(' ')} in one line`, async () => {
      const { code, output } = await npmTest(...args);
      assert.equal(code, 1);
      assert.match(output, message);
    });
  }
});
