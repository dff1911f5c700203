import assert from 'node:assert/strict';
import type { AuthBlockingEvent } from 'firebase-functions/identity';
import { createBlockingFunctions } from '../../../src/sign-up/blocking-functions.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import type { ProductFields } from '../../helpers/product.ts';

type User = Partial<NonNullable<AuthBlockingEvent['data']>>;
type SignInEvent = Pick<AuthBlockingEvent, 'additionalUserInfo'>;

let opened: Api | undefined;

/** An instance without entries. */
export async function blocking(product: ProductFields = {}, options: Parameters<typeof openApi>[0] = {}) {
  await opened?.close();
  opened = await openApi({ product, ...options });
  const api = opened;
  const functions = createBlockingFunctions({}, () => api.deps);
  // Identity Platform sends more; these functions look at nothing else.
  const event = (data: User | undefined, provider = 'password') => {
    const additionalUserInfo = { providerId: provider } as SignInEvent['additionalUserInfo'];
    const user = data && { providerData: [], ...data };
    return { data: user, eventId: 'event-1', additionalUserInfo } as unknown as AuthBlockingEvent;
  };
  return {
    api,
    create: async (user: User | undefined, provider?: string) =>
      handlerOf(functions.beforeUserCreated)(event(user, provider)),
    signIn: async (user: User | undefined, provider?: string) =>
      handlerOf(functions.beforeUserSignedIn)(event(user, provider)),
  };
}

/** The handler behind a blocking function, which the SDK puts at `run` and leaves out of the type. */
function handlerOf(fn: object): (event: AuthBlockingEvent) => unknown {
  const run: unknown = Reflect.get(fn, 'run');
  assert.ok(typeof run === 'function');
  return (event) => run(event);
}

/** Closes the last instance. */
export const close = async () => {
  await opened?.close();
  opened = undefined;
};
