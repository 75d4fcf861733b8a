#include "mk_ewise.h"
