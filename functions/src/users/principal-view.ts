import type * as z from 'zod';
import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import type { access } from './schema.ts';

/** A principal as its owner may see it. @throws AppError `unauthenticated` for nobody */
export function toPrincipalView(principal: Principal): z.input<typeof access> {
  const { kind } = principal;
  if (kind === 'anonymous') throw new AppError('unauthenticated');
  return { ...principal, kind };
}
