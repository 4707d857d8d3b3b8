import {copyTier} from './copy.ts'
import {tierSuite} from './snapshot.suite.ts'

tierSuite(copyTier)
