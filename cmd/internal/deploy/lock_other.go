//go:build !unix && !windows

package deploy

// Lock does nothing here: etags alone keep two applies apart.
func (s *Store) Lock() (release func(), err error) {
	if err := s.make(); err != nil {
		return nil, err
	}
	return func() {}, nil
}
