import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { mapSchema } from '../../../../src/authn/oidc/claim-mapping-schema.ts';
import { issuerSchema } from '../../../../src/authn/oidc/providers/index.ts';
import { readTrustedIssuers } from '../../../../src/authn/oidc/trusted-issuers.ts';
import * as helpers from '../../../../src/core/gatehouse-config.ts';
import type { ProductConfig } from '../../../../src/product-config.ts';

/** What docs/guides/trusted-issuers.md says. */

const GUIDE = readFileSync(new URL('../../../../../docs/guides/trusted-issuers.md', import.meta.url), 'utf8');
const PRODUCTION = { local: false, allowFirebase: false };

/** Names of the fields in the table that follows this text. */
function documented(start: string): string[] {
  const [, rest = ''] = GUIDE.split(start);
  const table = /^\| field [\s\S]*?\n\n/m.exec(rest)?.[0] ?? assert.fail(start);
  return [...table.matchAll(/^\| `(\w+)`/gm)].map(([, field = '']) => field);
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
}
/** Each kind of entry, as JSON Schema describes what goes in. */
const kinds = (z.toJSONSchema(issuerSchema, { io: 'input' }) as { oneOf: readonly ObjectSchema[] }).oneOf;

describe('the guide to trusted issuers', () => {
  for (const { properties } of kinds) {
    const type = properties.type?.const ?? '';
    it(`documents every field of ${type}, and no other`, () => {
      const common = type === 'firebase' ? [] : documented('In every entry');
      const own = documented(`\`"type": "${type}"\``);
      assert.deepEqual(['type', ...common, ...own].toSorted(), Object.keys(properties).toSorted());
    });
  }

  it('documents every part of a map', () => {
    const [, table = ''] = GUIDE.split('| part |');
    for (const part of Object.keys(mapSchema.shape)) assert.match(table, new RegExp(`^\\| \`${part}\``, 'm'));
    const [, json = ''] = /## The map\n\n```json\n([\s\S]*?)```/.exec(GUIDE) ?? [];
    assert.ok(mapSchema.safeParse(JSON.parse(json)).success);
  });

  it('has lines for gatehouse.config.ts that are read as meant', async () => {
    const [, code = ''] = /```ts\nimport .*\n\ntrustedIssuers: ([\s\S]*?),\n```/.exec(GUIDE) ?? [];
    const { auth0 } = helpers;
    const trustedIssuers = new Function('auth0', `return ${code}`)(auth0) as ProductConfig['trustedIssuers'];
    const issuerOf = (projectId: string) =>
      readTrustedIssuers(trustedIssuers({ projectId, emulator: false }), PRODUCTION)[0]?.issuer;
    assert.equal(issuerOf('shop'), 'https://tenant.eu.auth0.com/');
    assert.equal(issuerOf('shop-staging'), 'https://staging.eu.auth0.com/');
  });
});
