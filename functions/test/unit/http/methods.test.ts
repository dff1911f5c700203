import assert from 'node:assert/strict';
import { routes } from '../../helpers/operations.ts';

describe('http: methods', () => {
  it('changes data only with a method that is not safe', () => {
    assert.deepEqual(
      routes.filter(({ method, effect }) => method === 'get' && effect !== 'read').map(({ name }) => name),
      [],
    );
  });
});
