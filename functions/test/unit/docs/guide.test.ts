import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeBlocks, REPOSITORY } from '../../helpers/docs.ts';

/**
 * Does to a copy of the last commit what docs/guides/protect-an-endpoint.md says, and runs there the tests that an added
 * module could break. The copy has nothing that is not committed and nothing that was built, as a fresh clone.
 *
 * Skipped if the commit has the module of the guide, because the guide was followed in this repository: there is
 * then no state to start from, and the tests that would run on the copy run on the repository itself.
 */

const GUIDE = 'docs/guides/protect-an-endpoint.md';
const NODE_MODULES = ['node_modules', 'functions/node_modules'];

/** What an added module, operation, callable, permission or role's permission could break, as far as it is fast. */
const TESTS = [
  'test/unit/docs/generated.test.ts',
  'test/unit/http/access-matrix.test.ts',
  'test/unit/http/openapi*.test.ts',
  'test/unit/authz/*.test.ts',
  'test/unit/product-config.test.ts',
  'test/unit/structure/*.test.ts',
  'test/rules/*.test.ts',
];

/** A block of TypeScript that names its place in the first line: a file, and where in it. */
interface Step {
  readonly file: string;
  readonly section: string | undefined;
  readonly code: string;
}

const steps = codeBlocks(GUIDE).flatMap(({ language, code }): Step[] => {
  const [, file, section, rest] = /^\/\/ functions\/([\w./-]+)(?:, (\w+))?\n([\s\S]*)$/.exec(code) ?? [];
  return language === 'ts' && file !== undefined && rest !== undefined ? [{ file, section, code: rest }] : [];
});

describe('the guide to an endpoint of your own', function () {
  this.timeout(60_000);
  let copy: string;
  let functions: string;
  before(function () {
    copy = mkdtempSync(join(tmpdir(), 'gatehouse-guide-'));
    functions = join(copy, 'functions');
    const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: REPOSITORY, maxBuffer: 2 ** 28 });
    execFileSync('tar', ['-x'], { cwd: copy, input: archive });
    if (existsSync(join(functions, 'src/greetings'))) {
      console.log('      The last commit has src/greetings, so the steps of the guide cannot be tested.');
      return this.skip();
    }
    for (const path of NODE_MODULES) symlinkSync(join(REPOSITORY, path), join(copy, path));
    for (const step of steps) follow(functions, step);
    // `npm run build` without its type check, which is a test below, and `npm run docs`.
    for (const script of ['scripts/build.ts', 'scripts/reference-docs.ts']) {
      const { status, output } = run(process.execPath, [script]);
      assert.equal(status, 0, output);
    }
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  /** Runs a command in functions/ of the copy. */
  function run(command: string, args: readonly string[]): { status: number | null; output: string } {
    // The coverage of the copy is of no interest, and slow to collect.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    const options = { cwd: functions, encoding: 'utf8', env } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    return { status, output: stdout + stderr };
  }

  it('changes its own folder, the configuration and the list of modules, and nothing else', () => {
    const changed = new Set(steps.map(({ file }) => file.replace(/^src\/greetings\/.*/, 'src/greetings/')));
    assert.deepEqual([...changed], ['gatehouse.config.ts', 'src/greetings/', 'src/modules.ts']);
  });

  it('shows the operation that the README shows', () => {
    const readme = codeBlocks('README.md').find(({ language }) => language === 'ts')?.code ?? '';
    assert.ok(steps.some(({ code }) => code.includes(readme)));
  });

  it('leads to operations that compile, and not without access', () => {
    const folder = join(functions, 'src/greetings');
    const operations = readFileSync(join(folder, 'operations.ts'), 'utf8');
    writeFileSync(join(folder, 'careless.ts'), operations.replaceAll(/^ *access: .*\n/gm, ''));
    const { output } = run('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
    rmSync(join(folder, 'careless.ts'));
    const files = [...output.matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, file]) => file);
    assert.deepEqual([...new Set(files)], ['src/greetings/careless.ts'], output);
    assert.ok(files.length >= 2, output);
  });

  it('leads to endpoints for callers with the permission only', async () => {
    const load = (path: string) => import(pathToFileURL(join(functions, path)).href);
    // The same files, with the roles and operations of the copy.
    const { openApi }: typeof import('../../helpers/api.ts') = await load('test/helpers/api.ts');
    const { ALL_ROLES, ROLES }: typeof import('../../../src/authz/roles.ts') =
      await load('src/authz/roles.ts');
    const { modules }: typeof import('../../../src/modules.ts') = await load('src/modules.ts');
    const api = await openApi();
    try {
      const greeting = await api.as('member').get('/v1/greetings/Ada');
      assert.deepEqual([greeting.status, greeting.body], [200, { text: 'Hello Ada.' }]);
      for (const path of ['/v1/greetings/Ada', '/v1/greetings']) {
        assert.equal((await api.as().get(path)).status, 401);
        for (const role of ALL_ROLES) {
          const isAllowed = ROLES[role].some((held: string) => held === 'greetings:read');
          assert.equal((await api.as(role).get(path)).status, isAllowed ? 200 : 403, `${role} ${path}`);
        }
      }
      const names = modules.operations.map(({ name }) => name);
      assert.ok(names.includes('greet') && names.includes('listGreetings'));
    } finally {
      await api.close();
    }
  });

  it('leaves the tests green, without a change to them', () => {
    const mocha = ['--no-config', '--timeout', '30000', '--reporter', 'dot', ...TESTS];
    const { status, output } = run(process.execPath, ['node_modules/mocha/bin/mocha.js', ...mocha]);
    assert.equal(status, 0, output);
    assert.match(output, /\b[1-9]\d{2,} passing/);
  });

  it('leads to a callable in the manifest of the deployable', () => {
    const mocha = ['--no-config', '--grep', 'the deployable manifest', 'test/deploy/deployable.test.ts'];
    const { status, output } = run(process.execPath, ['node_modules/mocha/bin/mocha.js', ...mocha]);
    assert.equal(status, 0, output);
    assert.match(output, /service account of greet from its group CALLABLES/);
  });
});

/** Carries out a step: a new file, a line of the configuration, or an import and a line of modules.ts. */
function follow(functions: string, { file, section, code }: Step): void {
  const path = join(functions, file);
  if (file === 'gatehouse.config.ts') change(path, (text) => configure(text, section, code));
  else if (file === 'src/modules.ts') {
    const [imported = '', use = ''] = code.split('\n');
    change(path, (text) => `${imported}\n${text.replace(/(?=;\n$)/, use.trim())}`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}

function change(path: string, edit: (text: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const after = edit(before);
  assert.notEqual(after, before, `${path} has no place for this step`);
  writeFileSync(path, after);
}

/** A new permission goes to the top of its section; a role gets what it does not have, and keeps what was added to it. */
function configure(text: string, section: string | undefined, code: string): string {
  if (section === 'roles') {
    const shown = code.match(/'[^']+'/g) ?? [];
    return text.replace(/^( *member: \[)([^\]]*)/m, (_match, start: string, held: string) => {
      const all = new Set([...(held.match(/'[^']+'/g) ?? []), ...shown]);
      return `${start}${[...all].join(', ')}`;
    });
  }
  return text.replace(new RegExp(`^ *${section}: \\{\\n`, 'm'), (start) => `${start}    ${code}`);
}
