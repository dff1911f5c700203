import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { type Copy, copyRepository } from './copy.ts';
import { killGroup, startGatehouse } from './gatehouse.ts';

const GUIDE = readFileSync(join(ROOT, 'docs/guides/remove-notes.md'), 'utf8');
const COMMANDS = /```sh\n([\s\S]*?)```/.exec(GUIDE)?.[1] ?? '';

/** The projects that could import the notes. */
const PROJECTS = ['functions', 'tools'];
/** Tests that the removal could break, as far as they are fast. */
const TESTS = [
  'test/unit/structure/*.test.ts',
  // Without a star, Mocha takes no braces.
  'test/unit/docs/{audit-actions,data-model,generated,links}*.test.ts',
  'test/unit/http/{access-matrix,created,no-secrets,openapi*}.test.ts',
  'test/unit/directory/indexes.test.ts',
  'test/unit/scripts/*.test.ts',
  'test/unit/language.test.ts',
  'test/rules/*.test.ts',
];

(existsSync(join(ROOT, 'functions/src/notes')) ? describe : describe.skip)(
  'the guide to remove the notes',
  function () {
    this.timeout(180_000);
    let copy: Copy;
    before(() => {
      copy = copyRepository();
      copy.run('sh', '-e', '-c', COMMANDS);
    });
    after(() => copy.remove());

    const functions = (command: string, ...args: string[]) =>
      copy.run('sh', '-c', `cd functions && exec "$@"`, 'sh', command, ...args);

    it('leaves nothing of the notes in what is deployed, and no file of a commit is missing', () => {
      const deployed = [
        'functions/src',
        'functions/lib/index.js',
        'firestore.rules',
        'firestore.indexes.json',
      ];
      assert.equal(
        copy.run('sh', '-c', `grep -rliE "'notes'|\\"notes\\"|/notes/?\\{?" ${deployed.join(' ')} || true`),
        '',
      );
      assert.match(
        readFileSync(join(copy.folder, 'firestore.rules'), 'utf8'),
        /function holdsOneOf[\s\S]*match \/directory/,
      );
    });

    it('keeps format, types and tests', () => {
      copy.run('biome', 'ci', '--no-errors-on-unmatched', ...copy.changed());
      for (const project of PROJECTS) functions('node_modules/.bin/tsc', '-p', `../${project}/tsconfig.json`);
      const mocha = ['node_modules/.bin/mocha', '--no-config', '--timeout=60000', '--reporter=dot'];
      assert.match(functions(process.execPath, ...mocha, ...TESTS), /\d+ passing[\s\S]*\d+ pending/);
    });

    it('can also lose the permissions: it builds, and generates rules', () => {
      const config = 'functions/gatehouse.config.ts';
      copy.run('perl', '-pi', '-e', String.raw`s/^ +'notes:.*\n//; s/'notes:\w+'(, )?//g; s/, \]/]/`, config);
      // An empty role is refused; this one becomes one that has something to read.
      copy.run('perl', '-pi', '-e', "s/member: \\[\\]/member: ['roles:read']/", config);
      functions('npm', 'run', 'build');
      assert.doesNotMatch(readFileSync(join(copy.folder, config), 'utf8'), /notes/);
      copy.git('checkout', '--', config);
    });

    it('starts: the API answers, and has no notes', async () => {
      const gatehouse = await startGatehouse([], {}, join(copy.folder, 'tools/start.ts'));
      try {
        const status = async (path: string) => (await fetch(`${gatehouse.addresses.api}${path}`)).status;
        assert.deepEqual(
          [await status('/health'), await status('/me'), await status('/notes')],
          [200, 401, 404],
        );
        const { paths } = JSON.parse(await (await fetch(`${gatehouse.addresses.api}/openapi.json`)).text());
        assert.deepEqual(
          Object.keys(paths).filter((path) => path.includes('note')),
          [],
        );
      } finally {
        killGroup(gatehouse, 'SIGTERM');
        await gatehouse.exited;
      }
    });
  },
);
