// npm run import-users: `gatehouse import-users`, in the folder of the repository.
import command from '../functions/cli/import-users.ts';
import { ROOT } from './lib/emulator-setup.ts';

process.chdir(ROOT);
process.exitCode = await command.run(process.argv.slice(2));
