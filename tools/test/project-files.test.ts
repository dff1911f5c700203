import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';

const require = createRequire(`${ROOT}/node_modules/firebase-tools/package.json`);
const readJson = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));

describe('firebase.json', () => {
  it('names the schema of the installed Firebase CLI, and matches it', () => {
    const config = readJson('firebase.json');
    const { default: Ajv } = require('ajv');
    const validator = new Ajv({ allowUnionTypes: true, strict: false });
    require('ajv-formats').default(validator);
    const isValid = validator.validate(readJson(config.$schema), config);
    assert.ok(isValid, validator.errorsText());
  });

  it('has the sign-in methods that a deployment switches on, and none that it could replace', () => {
    // A `googleSignIn` would write the OAuth brand and redirect addresses of the project.
    assert.deepEqual(readJson('firebase.json').auth, { providers: { emailPassword: true } });
  });
});

describe('.gitignore', () => {
  /** Which of these paths Git ignores. */
  const ignored = (...paths: string[]) => {
    const { stdout } = spawnSync('git', ['check-ignore', '--no-index', ...paths], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    return stdout.split('\n').filter(Boolean);
  };

  it('ignores secrets and settings of one machine, in every folder', () => {
    const files = [
      ...['functions/.secret.local', '.secret.local', 'packages/x/.secret.local'],
      ...['functions/.env.local', '.env.local', '.env', '.env.production', 'aws/.env'],
      ...['firebase-debug.log', 'functions/ui-debug.log'],
    ];
    assert.deepEqual(ignored(...files), files);
  });

  it('lets the parameter files of projects be committed', () => {
    assert.deepEqual(ignored('functions/.env', 'functions/.env.my-project', 'functions/.env.example'), []);
  });
});
