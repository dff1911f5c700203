import type { Config } from '../config.ts';

/** What WebAuthn needs to know of this deployment. */
export type RelyingParty = Pick<Config, 'passkeys' | 'emulator'>;

/** Pages of the emulators have ports known only at start. */
const LOCAL_PAGE = /^http:\/\/localhost(:\d{1,5})?$/;

/** May pages or apps of this origin use the passkeys? Whole strings are compared. */
export function isPasskeyOrigin({ passkeys, emulator }: RelyingParty, origin: string): boolean {
  return passkeys.origins.includes(origin) || (emulator && LOCAL_PAGE.test(origin));
}
