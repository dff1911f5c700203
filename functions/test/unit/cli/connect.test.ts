import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configOf } from '../../../cli/connect.ts';

const KIT = 'function-kits/functions';
const kit = (instances: Record<string, string>) => ({
  ...{
    kit: 'functions',
    source: `${KIT}/source`,
    sourcePackage: { name: '@gatehouse/functions' },
    instances,
  },
});

describe('the database that a command of gatehouse uses', () => {
  let root: string;
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const databaseOf = (databaseId?: string) => configOf('shop', { root, databaseId }).databaseId;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gatehouse-connect-'));
    // Parameters of the app's own functions.
    write('functions/.env.shop', 'DATABASE_ID=app\nBASE_PATH=not-ours');
    write(`${KIT}/config-a/.env.shop`, 'DATABASE_ID=gatehouse-a');
    write(`${KIT}/config-b/.env.shop`, 'DATABASE_ID=gatehouse-b');
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const project = (...functions: object[]) => write('firebase.json', JSON.stringify({ functions }));

  it('is that of the kit, not of the app’s own functions', () => {
    project({ source: 'functions' }, kit({ a: `${KIT}/config-a` }));
    assert.equal(databaseOf(), 'gatehouse-a');
    assert.equal(databaseOf('other'), 'other');
  });

  it('is asked for where instances of the kit have several', () => {
    project(kit({ a: `${KIT}/config-a`, b: `${KIT}/config-b` }));
    assert.throws(() => databaseOf(), /gatehouse-a, gatehouse-b: choose one with --database/);
    assert.equal(databaseOf('gatehouse-b'), 'gatehouse-b');
  });

  it('is that of a clone', () => {
    project({ source: 'functions' });
    write('functions/gatehouse.config.ts', '');
    write('functions/.env.shop', 'DATABASE_ID=gatehouse');
    assert.equal(databaseOf(), 'gatehouse');
  });

  it('is the default in a folder without an installation', () => {
    assert.equal(databaseOf(), '(default)');
    project({ source: 'functions' });
    assert.equal(databaseOf(), '(default)');
  });
});
