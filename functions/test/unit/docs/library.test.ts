import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import gatehouse from '../../../gatehouse.config.ts';
import { BUILT_IN_PERMISSIONS } from '../../../src/core/built-in-permissions.ts';
import { codesIn, tableUnder } from '../../helpers/docs.ts';

const PAGE = 'docs/reference/library.md';
const source = readFileSync(new URL('../../../src/library/index.ts', import.meta.url), 'utf8');

describe('the reference of the library', () => {
  it('lists the fields of the configuration', () => {
    const [, body = ''] = /interface LibraryConfig<[^{]*\{\n([\s\S]*?)\n\}/.exec(source) ?? [];
    const fields = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name);
    assert.ok(fields.length > 5);
    assert.deepEqual(
      tableUnder(PAGE, '## createGatehouse').map(([name]) => codesIn(name)[0]),
      fields,
    );
  });

  it('lists the permissions of Gatehouse, which a clone has with the same meaning', () => {
    const [[, what] = []] = tableUnder(PAGE, '## createGatehouse');
    const listed = codesIn(what).filter((code) => /^\w+:\w+$/.test(code) && code !== 'resource:action');
    assert.deepEqual(listed, Object.keys(BUILT_IN_PERMISSIONS));
    const { permissions }: { permissions: Readonly<Record<string, unknown>> } = gatehouse;
    for (const [name, setting] of Object.entries(BUILT_IN_PERMISSIONS)) {
      assert.deepEqual(permissions[name], setting, name);
    }
  });
});
