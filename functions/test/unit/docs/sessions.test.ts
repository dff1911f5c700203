import assert from 'node:assert/strict';
import gatehouse from '../../../gatehouse.config.ts';
import { lifetimeRows } from '../../../scripts/lifetimes.ts';
import { loadConfig } from '../../../src/config.ts';
import { tableUnder } from '../../helpers/docs.ts';

describe('docs/concepts/sessions.md', () => {
  const rows = tableUnder('docs/concepts/sessions.md', '## What lives how long');
  const lives = (what: string) => lifetimeRows().find((row) => row[0] === what)?.[1] ?? assert.fail(what);

  it('has the lifetimes of the reference', () => {
    const { sessions: _, ...product } = gatehouse;
    const { maxPerUser } = loadConfig({ GCLOUD_PROJECT: 'shop' }, product).sessions;
    const privileged = 'session of a user with a privileged permission';
    const expected = [
      lives('session without a request'),
      lives('session in any case, and its cookie'),
      `${lives(`${privileged}, without a request`)}, ${lives(`${privileged}, in any case`)}`,
      lives('cookie value that was replaced'),
      lives('session in memory'),
      `${maxPerUser};`,
    ];
    const documented = rows.map(([, value = '']) => value);
    assert.equal(documented.length, expected.length);
    for (const [index, value] of expected.entries()) {
      assert.ok(documented[index]?.startsWith(value), `${documented[index]}, not ${value}`);
    }
  });
});
