// Turns over what the programs of this checkout and their supervisor have logged, where it has grown long.
import { logsDir, supervisorDir } from './supervisor.ts'
import { turnLogs } from './turn-logs.ts'

turnLogs([logsDir, supervisorDir()])
