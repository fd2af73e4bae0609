// The model, read once for all instances of a plugin.
#ifndef LIMPID_PLUGIN_MODELS_H
#define LIMPID_PLUGIN_MODELS_H

#include <limpid.h>

// A share in the model of two networks, light and wide, to be given back. Any thread but a real-time one.
// no_wide: NULL where it has the wide one, too; else a sentence that says why not, there as long as the share is. The answer is NULL
// where not even the light one can be opened; limpid_last_error says why.
limpid_model *model_take(const char **no_wide);
void model_give_back(void);

#endif
