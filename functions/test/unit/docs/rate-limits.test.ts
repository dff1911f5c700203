import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.ts';
import { modules } from '../../../src/modules.ts';
import { codesIn, tableUnder } from '../../helpers/docs.ts';
import { productOf } from '../../helpers/product.ts';

const PAGE = 'docs/concepts/rate-limits.md';

describe(PAGE, () => {
  it('has the defaults of each class', () => {
    const { rateLimits } = loadConfig({ GCLOUD_PROJECT: 'shop' }, productOf({ rateLimits: {} }));
    const documented = tableUnder(PAGE, '## Classes').map(([name = '', , ...numbers]) => {
      const [user, shared, window] = numbers.map((text) => Number(text.replace(/,| s$/g, '')));
      return [codesIn(name)[0], { user, shared, window }];
    });
    assert.deepEqual(Object.fromEntries(documented), rateLimits);
  });

  it('names each operation that has another limit than its class', () => {
    const own = modules.operations.filter(({ rateLimit }) => rateLimit !== undefined).map(({ name }) => name);
    const documented = tableUnder(PAGE, '## Operations').flatMap(([names = '']) => codesIn(names));
    assert.deepEqual(documented.toSorted(), [...own, 'exchangeToken'].toSorted());
  });
});
