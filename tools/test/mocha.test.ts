import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../lib/emulator-setup.ts';
import { type MochaRun, runMocha } from '../lib/mocha.ts';
import { FUNCTIONS } from '../lib/run.ts';

describe('a stage of mocha tests', function () {
  this.timeout(30_000);
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-mocha-'));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  /** Runs test files with these contents. */
  async function run(contents: string[], options: Partial<MochaRun> = {}) {
    const files = contents.map((content, n) => {
      const file = join(home, `${n}.test.ts`);
      writeFileSync(file, content);
      return file;
    });
    let output = '';
    const outcome = await runMocha({
      ...{ files, filter: [], env: {}, processes: 1, coverage: false },
      ...{ print: (chunk) => (output += Buffer.from(chunk).toString()), ...options },
    });
    return { ...outcome, output };
  }

  const good = (name: string) => `describe('${name}', () => { it('works', () => {}); });`;
  const bad = `describe('bad', () => {
    it('fails', () => { throw new Error('not yet\\nin detail'); });
    it.skip('waits');
    describe('hooked', () => { before('prepare', () => { throw new Error('no server'); }); it('runs', () => {}); });
  });`;

  it('counts and names passed, failed and skipped tests, in one or more processes', async () => {
    for (const processes of [1, 3]) {
      const { passed, failed, skipped, notes } = await run([good('one'), bad, good('two')], { processes });
      assert.deepEqual([passed, failed, skipped], [2, 2, 1]);
      assert.deepEqual(notes, [
        'failed: bad fails: not yet',
        'failed: bad hooked "before all" hook: prepare for "runs": no server',
        'skipped: bad waits',
      ]);
    }
  });

  it('prints the output of one process after the other', async () => {
    const slow = (name: string) =>
      `describe('${name}', () => { for (let n = 0; n < 3; n++) it(name + n, (done) => { setTimeout(done, 50); }); });`;
    const named = (name: string) => slow(name).replaceAll('name', `'${name}'`);
    const { output } = await run([named('one'), named('two')], { processes: 2 });
    const order = [...output.matchAll(/(one|two)\d/g)].map(([, name]) => name);
    assert.equal(order.length, 6);
    assert.equal(order.filter((name, n) => n > 0 && name !== order[n - 1]).length, 1, output);
  });

  it('fails when no test ran, unless tests were selected by title', async () => {
    assert.equal((await run(['export {};'])).failed, 1);
    const { passed, failed, skipped } = await run([good('one')], { filter: ['--grep', 'nothing'] });
    assert.deepEqual([passed, failed, skipped], [0, 0, 0]);
  });

  it('fails when a file cannot be loaded', async () => {
    const { passed, failed } = await run([good('one'), 'import "./missing.ts";'], { processes: 2 });
    assert.deepEqual([passed, failed], [1, 1]);
  });

  it('fails when tests leave a handle open', async () => {
    const open =
      "import { createServer } from 'node:net'; it('listens', () => { createServer().listen(0); });";
    const { passed, failed, notes } = await run([open, good('one')], { processes: 2 });
    assert.deepEqual([passed, failed], [2, 1]);
    assert.match(notes.join(), /left a handle open/);
  });

  it('draws the same random cases in each run, or those of FUZZ_SEED', async () => {
    const drawing = [ROOT, FUNCTIONS].map((folder) => {
      const { href } = pathToFileURL(join(folder, 'node_modules/fast-check/lib/fast-check.js'));
      return `import fc from '${href}';
        it('draws', () => fc.assert(fc.property(fc.nat(), (n) => console.log(n)), { numRuns: 3 }));`;
    });
    const draw = async (env: NodeJS.ProcessEnv) => {
      const { output } = await run(drawing, { env });
      return output.match(/^\d+$/gm);
    };
    const first = await draw({});
    assert.equal(first?.length, 6);
    assert.deepEqual(await draw({}), first);
    assert.deepEqual(await draw({ FUZZ_SEED: '2' }), await draw({ FUZZ_SEED: '2' }));
    assert.notDeepEqual(await draw({ FUZZ_SEED: '2' }), first);
    assert.notDeepEqual(await draw({ FUZZ_SEED: 'random' }), await draw({ FUZZ_SEED: 'random' }));
    assert.equal((await run([good('one')], { env: { FUZZ_SEED: 'x' } })).failed, 1);
  });

  it('fails when all tests pass but the coverage is too low', async () => {
    const source = pathToFileURL(join(FUNCTIONS, 'src', 'authz', 'decide.ts')).href;
    const loading = `import '${source}'; ${good('one')}`;
    const { passed, failed, notes } = await run([loading, good('two')], { coverage: true, processes: 2 });
    assert.deepEqual([passed, failed, notes], [2, 1, ['the coverage is too low']]);
  });
});
