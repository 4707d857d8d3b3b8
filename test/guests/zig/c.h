#include <stdlib.h>
#include <unistd.h>
#include "handler.h"
