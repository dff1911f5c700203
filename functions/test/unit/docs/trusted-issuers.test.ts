import assert from 'node:assert/strict';
import * as z from 'zod';
import { mapSchema } from '../../../src/authn/oidc/claim-mapping-schema.ts';
import { issuerSchema } from '../../../src/authn/oidc/providers/index.ts';
import { codesIn, documentedIssuers, readPage, tableUnder } from '../../helpers/docs.ts';

const REFERENCE = 'docs/reference/trusted-issuers.md';
const GUIDE = 'docs/guides/external-issuers/index.md';

interface ObjectSchema {
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
}
/** Each kind of entry, as JSON Schema describes what goes in. */
const kinds = (z.toJSONSchema(issuerSchema, { io: 'input' }) as { oneOf: readonly ObjectSchema[] }).oneOf;
const firstCells = (page: string, heading: string) =>
  tableUnder(page, heading).flatMap(([cell]) => codesIn(cell));

describe('the documentation of trusted issuers', () => {
  for (const { properties } of kinds) {
    const type = properties.type?.const ?? '';
    // Only for AWS Lambda: docs/guides/aws-lambda.md.
    if (type === 'firebase') continue;

    it(`has every field of ${type}, and no other`, () => {
      const fields = [...firstCells(REFERENCE, '## All issuers'), ...firstCells(REFERENCE, `## ${type}`)];
      assert.deepEqual(['type', ...fields].toSorted(), Object.keys(properties).toSorted());
    });
  }

  it('has every part of a map, in the reference and in the guide', () => {
    const parts = Object.keys(mapSchema.shape).toSorted();
    assert.deepEqual(firstCells(REFERENCE, '## map').toSorted(), parts);
    assert.deepEqual(firstCells(GUIDE, '## The map').toSorted(), parts);
  });

  it('has a map that is valid', () => {
    const [, map = ''] = /## The map\n\n```ts\nmap: (\{[\s\S]*?\}),\n```/.exec(readPage(GUIDE)) ?? [];
    const value: unknown = new Function(`return ${map}`)();
    assert.ok(mapSchema.safeParse(value).success, map);
  });

  it('has a configuration that differs between staging and production', () => {
    const issuerOf = (projectId: string) =>
      documentedIssuers(GUIDE, { projectId, emulator: false }).map(({ issuer }) => issuer);
    assert.deepEqual(issuerOf('shop-prod'), ['https://shop.eu.auth0.com/']);
    assert.deepEqual(issuerOf('shop-staging'), ['https://shop-staging.eu.auth0.com/']);
  });
});
