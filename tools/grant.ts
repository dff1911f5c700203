// npm run grant: `gatehouse grant`, in the folder of the repository.
import command from '../functions/cli/grant.ts';
import { ROOT } from './lib/emulator-setup.ts';

process.chdir(ROOT);
process.exitCode = await command.run(process.argv.slice(2));
