import type * as z from 'zod';
import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import type { access } from './schema.ts';

/** The principal, as the API shows it to its user. @throws AppError `unauthenticated` for an anonymous one */
export function toPrincipalView(principal: Principal): z.input<typeof access> {
  const { kind } = principal;
  if (kind === 'anonymous') throw new AppError('unauthenticated');
  return { ...principal, kind };
}
